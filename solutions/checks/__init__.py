"""How the exercises of each chapter are judged: cases, points, known mistakes, other right ways."""
