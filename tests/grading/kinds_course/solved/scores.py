import numpy as np


def nearness(arguments, result):
    """The smallest possible largest distance to the nearest place, by that of the places."""
    length, n = arguments["length"], arguments["n"]
    places = np.sort(result)
    ends = [places[0], length - places[-1], *np.diff(places) / 2]
    return length / (2 * n) / max(ends) if min(ends) >= 0 else 0.0
