import numpy as np


def running_means(values):
    """For each value the mean of it and of those before it.

    An array as long as `values`.
    """
    total, means = 0.0, []
    for number, value in enumerate(values, start=1):
        total = total + value
        # As many as there are so far.
        means.append(total / number)
    return np.array(means)


def cover(length, n):
    """n places on a line from 0 to `length`, so that none of it is far from the nearest.

    Judged by length / (2 n), divided by the largest distance: at best 1.
    """
    return (np.arange(n) + 0.5) * length / n
