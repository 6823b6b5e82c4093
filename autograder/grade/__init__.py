"""From a submission to its verdict, and from a class to its gradebook."""
