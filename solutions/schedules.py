"""Learning-rate schedules, clipping and averaging: the references of the chapter on schedules."""

import numpy as np

from gradus.validation import (
    COUNT,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    PROPER_FRACTION,
    validate,
)


@validate(curvature=POSITIVE, sigma=POSITIVE, variance=POSITIVE, n_steps=COUNT)
def best_rates(curvature, sigma, variance, n_steps):
    """The learning rates that bring SGD nearest to the minimum under noise.

    Along one eigenvector of a quadratic with its minimum at 0.

    Parameters
    ----------
    curvature : float, above 0
        The eigenvalue.
    sigma : float, above 0
        The standard deviation of the noise in every gradient, independent from
        step to step, of mean 0.
    variance : float, above 0
        The mean of theta**2 at the start, over all runs.
    n_steps : int, at least 0
        How many steps are made.

    Returns
    -------
    rates : ndarray of shape (n_steps,)
        The rate of each step, in order: those after which the mean of theta**2
        is the smallest that any rates can reach.
    """
    age = (sigma / curvature) ** 2 / variance
    return 1 / (curvature * (1 + age + np.arange(n_steps)))


@validate(start=NONNEGATIVE)
def schedule(start, phases):
    """The learning rate of every step of a plan in phases.

    A phase leads from the rate before it to `end`, in n_steps steps: its k-th
    step, counted from 1, is the fraction k / n_steps of the way, so that its
    last step has `end`, and the next phase goes on from there.

    Parameters
    ----------
    start : float, at least 0
        The rate before the first step; no step has it unless a phase leads
        there.
    phases : list of tuples (shape, n_steps, end)
        n_steps : int, at least 0; a phase of 0 steps is no step, and the next
        one goes on from its `end` all the same. end : float, at least 0.
        shape : str, how the rate goes from one end to the other:
        - "linear": along a straight line, as in warm-up;
        - "cosine": along half a wave of the cosine, level at both ends;
        - "exponential": times the same factor in every step;
        - "inverse": so that 1 / rate goes along a straight line;
        - "jump": it has `end` at once, as after a cut.
        For "exponential" and "inverse" both ends are above 0.

    Returns
    -------
    rates : ndarray, one for each step of all phases
    """
    rates: list[float] = []
    before = start
    for shape, n_steps, end in phases:
        f = np.arange(1, n_steps + 1) / n_steps
        if shape == "linear":
            part = before + (end - before) * f
        elif shape == "cosine":
            part = end + (before - end) * (1 + np.cos(np.pi * f)) / 2
        elif shape == "exponential":
            part = before * (end / before) ** f
        elif shape == "inverse":
            part = 1 / (1 / before + (1 / end - 1 / before) * f)
        elif shape == "jump":
            part = np.full(n_steps, end)
        else:
            raise ValueError(f"shape: expected one of five, got {shape!r}")
        rates, before = [*rates, *part], end
    return np.array(rates)


@validate(sigma=POSITIVE, variance=POSITIVE, n_steps=POSITIVE_COUNT)
def plan_rates(curvatures, sigma, variance, n_steps):
    """A learning rate for every step of SGD under noise, for many curvatures.

    All directions have the same rates. Judged by what they achieve: the mean
    loss after the last step, over all runs, on the quadratic with the given
    curvatures.

    The score is log(constant / loss) / log(constant / bound). The best of all
    constant rates reaches the loss `constant`; `bound` is what could be reached
    if every direction had rates of its own; with many different curvatures
    nobody gets there, and good rates score more than a half. Below 0 they are
    worse than a constant.

    Parameters
    ----------
    curvatures : ndarray of shape (n,)
        The eigenvalues, all positive, in any order.
    sigma : float, above 0
        The standard deviation of the noise in every gradient, along every
        eigenvector, independent, of mean 0.
    variance : float, above 0
        The mean of theta**2 at the start, along every eigenvector.
    n_steps : int, at least 1
        How many steps will be made.

    Returns
    -------
    rates : ndarray of shape (n_steps,)
        In the order of the steps.
    """
    rates = np.full(n_steps, 0.5 / np.max(curvatures))
    for _ in range(60):
        # What later steps will leave of the variance that each step makes.
        left = np.ones((n_steps, len(curvatures)))
        for t in range(n_steps - 1, 0, -1):
            left[t - 1] = left[t] * (1 - rates[t] * curvatures) ** 2
        v = np.full(len(curvatures), variance)
        for t in range(n_steps):
            weights = curvatures * left[t]
            noise = np.sum(weights * (curvatures**2 * v + sigma**2))
            rates[t] = np.sum(weights * curvatures * v) / noise
            v = (1 - rates[t] * curvatures) ** 2 * v + (rates[t] * sigma) ** 2
    return rates


@validate(
    lr=NONNEGATIVE,
    factor=PROPER_FRACTION,
    patience=COUNT,
    threshold=NONNEGATIVE,
    cooldown=COUNT,
    min_lr=NONNEGATIVE,
)
def reduce_on_plateau(
    losses, lr, factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0
):
    """The learning rate of every epoch, cut when the loss has stopped falling.

    Parameters
    ----------
    losses : list of float
        The validation loss of every epoch, positive, in order.
    lr : float, at least 0
        The learning rate of the first epoch.
    factor : float in (0, 1)
        What a cut leaves of the rate.
    patience : int, at least 0
        So many bad epochs in a row are borne; the next one brings a cut, and
        the count begins anew. An epoch is good if its loss lies below that of
        the last good one, the best, by more than `threshold`, and bad
        otherwise; the first epoch is good.
    threshold : float, at least 0
        An improvement counts if it is larger than this share of the best.
        Another leaves the best as it is.
    cooldown : int, at least 0
        So many epochs after a cut none is counted as bad; a good one sets the
        best as always.
    min_lr : float, at least 0, at most lr
        The rate is never cut below this.

    Returns
    -------
    rates : ndarray, shape (len(losses),)
        The rate with which each epoch was trained: a cut after epoch k shows
        in epoch k + 1.

    Source: ReduceLROnPlateau of PyTorch.
    """
    rates, best, bad, cooling = [], np.inf, 0, 0
    for loss in losses:
        rates.append(lr)
        if loss < best * (1 - threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if cooling > 0:
            cooling, bad = cooling - 1, 0
        if bad > patience:
            lr, bad, cooling = max(lr * factor, min_lr), 0, cooldown
    return np.array(rates)


@validate(max_norm=POSITIVE)
def clip_by_global_norm(grads, max_norm):
    """Shorten a gradient that is too long; its direction stays.

    Parameters
    ----------
    grads : list of ndarrays, of any shapes
        The gradient, one array for each array of parameters.
    max_norm : float, above 0
        The greatest length that the whole gradient, all arrays together, may
        have.

    Returns
    -------
    grads : list of ndarrays
        With the values that they had, if the gradient is not
        too long.
    norm : float
        The length of the whole gradient before it was shortened.

    Source: Pascanu, Mikolov and Bengio (2013), algorithm 1.
    """
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
    scale = 1.0 if norm <= max_norm else max_norm / norm
    return [grad * scale for grad in grads], norm


def accumulated_gradient(grads, sizes):
    """The gradient of a large batch, from those of parts that fit in memory.

    Parameters
    ----------
    grads : ndarray of shape (k, n)
        For each part, the gradient of the mean loss over the examples of that
        part.
    sizes : ndarray of int, shape (k,)
        How many examples each part has: parts may differ.

    Returns
    -------
    grad : ndarray of shape (n,)
        The gradient of the mean loss over all examples.
    """
    return sizes @ grads / np.sum(sizes)


@validate(beta=FRACTION)
def weight_averages(points, beta):
    """The running average of the weights, after every step.

    Parameters
    ----------
    points : ndarray of shape (n_steps, n)
        Theta after each step of training.
    beta : float in [0, 1)
        How fast older points are forgotten: a point counts beta times as much
        as the one that came after it.

    Returns
    -------
    averages : ndarray of shape (n_steps, n)
        Row t is a weighted mean of the points up to t: its weights add up to
        1, from the first row on.
    """
    averages, average = np.empty_like(points), np.zeros(points.shape[1])
    for t, point in enumerate(points):
        average = beta * average + (1 - beta) * point
        averages[t] = average / (1 - beta ** (t + 1))
    return averages
