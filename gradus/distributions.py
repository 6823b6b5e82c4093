"""Random results compared as draws from a distribution.

Where many results are right, an exercise says by `compare_as` what of a result is compared: a function that
turns the arguments and the result of one call into named quantities. Those of an answer are held against
those of the reference: a `Sample` as draws from one distribution, all else as values. So an exercise on
randomness has a reference, cases, mistakes and variants like any other:

    @judge(reference.he_normal, points=2, returns=("weights",), compare_as=sample)

Where two cases differ in nothing but the generator, the results must differ too; where they differ in
nothing at all, the results must be the same: so the numbers come from the generator that was given.
"""

from typing import Any, NamedTuple

import numpy as np

# An honest sample fails one of the three tests below about once in a million cases.
STANDARD_ERRORS = 5.0
KOLMOGOROV = 2.7


class Sample(NamedTuple):
    """Independent draws, of any shape, compared as a distribution; one with long tails by its logarithm."""

    draws: np.ndarray


def sample(arguments: dict[str, Any], result: np.ndarray) -> dict[str, Any]:
    """All entries of the one result are draws of the same distribution."""
    return {"": Sample(result)}


def compare_samples(
    name: str, want: np.ndarray, got: np.ndarray, reveal: bool = True
) -> str | None:
    """How the draws `got` differ from the reference's draws `want`, in a sentence, or None.

    Mean, standard deviation and, where no value repeats, the fourth moment are compared in standard errors
    of their difference; then the distribution functions, by the largest distance (Kolmogorov and Smirnov).
    `reveal`: whether the sentence may show moments and numbers of draws.
    """
    want, got = (np.sort(np.asarray(draws, dtype=float), axis=None) for draws in (want, got))
    if not np.isfinite(got).all():
        many = f"{np.sum(~np.isfinite(got))} of {got.size} numbers" if reveal else "some numbers"
        return f"{name}: {many} are not finite"
    # What is nearer may be one number, in float32 and in float64.
    alike = 1e-6 * np.abs(want).max(initial=0)
    smooth = np.unique(want).size == want.size
    # What was added to one and taken off again is the same but for a rounding.
    different = np.unique(np.round(got / (np.abs(got).max(initial=0) or 1.0), 9)).size
    if smooth and different < 0.9 * got.size:
        many = f"{different} different values among {got.size}" if reveal else "values repeat"
        return f"{name}: {many}: draw each one by itself"
    moments = {"mean": _mean, "standard deviation": _deviation, "fourth moment": _fourth}
    for what, moment in moments.items():
        (a, error_a), (b, error_b) = moment(want), moment(got)
        slack = STANDARD_ERRORS * np.hypot(error_a, error_b) + alike
        if what == "standard deviation":
            # For a fair coin the first-order error is zero: hence the second-order term.
            slack += STANDARD_ERRORS**2 * a / got.size
        if abs(a - b) <= slack:
            continue
        if what != "fourth moment":
            if not reveal:
                return f"{name}: the {what} of the numbers is not what was asked"
            return (
                f"{name}: the {what} of the {got.size} numbers is {b:.3g}, expected about {a:.3g}"
            )
        if smooth:
            return f"{name}: mean and standard deviation fit, but not the kind of distribution: normal or uniform?"
    at = np.union1d(want, got)
    gap = max(
        np.max(_share(one, at) - _share(other, at + alike), initial=0)
        for one, other in ((want, got), (got, want))
    )
    if gap > KOLMOGOROV * np.sqrt(1 / want.size + 1 / got.size):
        return f"{name}: mean and standard deviation fit, but not the distribution"
    return None


def _share(draws: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The share of the sorted draws that are not above each number."""
    return np.searchsorted(draws, at, side="right") / draws.size


def _mean(draws: np.ndarray) -> tuple[float, float]:
    return draws.mean(), draws.std() / np.sqrt(draws.size)


def _deviation(draws: np.ndarray) -> tuple[float, float]:
    """The standard deviation with its standard error, by the variance's: (m4 - s^4) / n."""
    squares = (draws - draws.mean()) ** 2
    deviation = np.sqrt(squares.mean())
    return deviation, squares.std() / np.sqrt(draws.size) / (2 * deviation) if deviation else 0.0


def _fourth(draws: np.ndarray) -> tuple[float, float]:
    """The fourth standardised moment: 3 for a normal distribution, 1.8 for a uniform one."""
    if not draws.std():
        return 0.0, 0.0
    standard = (draws - draws.mean()) / draws.std()
    fourth = standard**4
    # Its derivative by the scale adds to the error: the combination that has none is used.
    influence = fourth - 2 * fourth.mean() * standard**2
    return fourth.mean(), influence.std() / np.sqrt(draws.size)
