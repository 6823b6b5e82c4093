"""Random results judged as draws from a distribution.

Where many results are right, an exercise says by `compare_as` what of a result is compared: a function that
turns the arguments and the result of one call into named quantities. Those of an answer are held against
those of the reference: a `Sample` as draws from one distribution, all else as values. So an exercise on
randomness has a reference, cases, mistakes and variants like any other:

    @judge(reference.variance_scaling, points=3, returns=("weights",), compare_as=sample)

Where two cases differ in nothing but the generator, the results must differ too; where they differ in
nothing at all, the results must be the same: so the numbers come from the generator that was given.

What is known of the right distribution is a `Law`, made once from draws of the reference at several
generators. An answer's draws are judged by their mean, their standard deviation and, at some twenty cuts, the
share that lies below. Each may deviate from the law by Bernstein's bound: a mean of n independent numbers
with variance v, none further than b from their expectation, is off by more than

    sqrt(2 v L / n) + 2 b L / (3 n)    with probability at most 2 exp(-L).

An honest answer is to fail a case less than once in 1e9 times, over the `TESTS` that a case makes at most;
that fixes L. To catch a share p that is off by a part r of itself 99 times of 100 takes some
105 (1 - p) / (p r^2) draws, (1.06 sqrt(2 L) + 2.33)^2 = 103: ten thousand for a fair coin and a tenth.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

FALSE_ALARM = 1e-9
CUTS = np.array([0.002, 0.01, 0.025, 0.05, *np.arange(0.1, 0.95, 0.1), 0.95, 0.975, 0.99, 0.998])
# A case has at most eight samples, each with a mean, a variance (of the bound on it a part each) and its cuts.
TESTS = 8 * (3 + 2 * len(CUTS))
L = math.log(2 * TESTS / FALSE_ALARM)


class Sample(NamedTuple):
    """Independent draws, of any shape, compared as a distribution; one with long tails by its logarithm.

    `near`: numbers no further apart may be one, where they come of larger ones that float32 may have held.
    """

    draws: np.ndarray
    near: float = 0.0


def sample(arguments: dict[str, Any], result: np.ndarray) -> dict[str, Any]:
    """All entries of the one result are draws of the same distribution."""
    return {"": Sample(result)}


@dataclass(frozen=True)
class Law:
    """What is kept of many draws: enough to judge others by, and nothing that would pass for them.

    Attributes
    ----------
    n : int
        How many they were.
    mean, deviation, fourth : float
        Their mean, standard deviation, and the mean fourth power of what they deviate by.
    ends : tuple of float
        The smallest and the largest.
    smooth : bool
        Whether no value repeats.
    cuts, under, below : ndarray
        Numbers, the share of the draws that is less than each, and the share that is not more.
    """

    n: int
    mean: float
    deviation: float
    fourth: float
    ends: tuple[float, float]
    smooth: bool
    cuts: np.ndarray
    under: np.ndarray
    below: np.ndarray

    @classmethod
    def of(cls, draws: np.ndarray) -> "Law | None":
        """The law of draws; None where there are none, or not all are finite."""
        draws = np.sort(np.asarray(draws, dtype=float), axis=None)
        if not draws.size or not np.isfinite(draws).all():
            return None
        off = draws - draws.mean()
        cuts = np.unique(draws[np.ceil(CUTS * draws.size).astype(int) - 1])
        return cls(
            n=draws.size,
            mean=float(draws.mean()),
            deviation=float(draws.std()),
            fourth=float((off**4).mean()),
            ends=(float(draws[0]), float(draws[-1])),
            smooth=bool((np.diff(draws) > 0).all()),
            cuts=cuts,
            under=np.searchsorted(draws, cuts) / draws.size,
            below=np.searchsorted(draws, cuts, side="right") / draws.size,
        )

    @cached_property
    def values(self) -> tuple[float, float] | None:
        """The two values that the draws have, where they have no other."""
        low, high = self.ends
        share = (self.mean - low) / (high - low) if low < high else 0.0
        only = math.isclose(
            self.deviation**2, share * (1 - share) * (high - low) ** 2, rel_tol=1e-6
        )
        return self.ends if low < high and only else None


def compare_sample(
    name: str, law: Law, draws: np.ndarray, reveal: bool = True, near: float = 0.0
) -> str | None:
    """How draws differ from those of a law, in a sentence, or None.

    Parameters
    ----------
    name : str
        Of the draws, as the sentence calls them.
    law : Law
        Of many draws of the reference.
    draws : ndarray
        Of the answer.
    reveal : bool
        Whether the sentence may show moments and numbers of draws.
    near : float
        Numbers no further apart may be one; at least a millionth of the largest.
    """
    got = np.sort(np.asarray(draws, dtype=float), axis=None)
    if not got.size:
        return f"{name}: no numbers"
    if not np.isfinite(got).all():
        many = f"{np.sum(~np.isfinite(got))} of {got.size} numbers" if reveal else "some numbers"
        return f"{name}: {many} are not finite"
    largest = max(map(abs, law.ends))
    if law.smooth and (different := _different(got)) < 0.9 * got.size:
        many = f"{different} different values among {got.size}" if reveal else "values repeat"
        return f"{name}: {many}: draw each one by itself"
    alike = max(near, 1e-6 * largest)
    size = 1 / (1 / got.size + 1 / law.n)  # both are draws, and both deviate
    variance = law.deviation**2
    # A rare value deviates further than the bell or the box of a smooth law.
    furthest = (
        2 * law.deviation if law.smooth else max(law.mean - law.ends[0], law.ends[1] - law.mean)
    )
    if abs(got.mean() - law.mean) > _slack(variance, furthest, size) + alike:
        return _moment(name, "mean", got, law, reveal)
    square = max(furthest**2 - variance, variance)
    slack = _slack(max(law.fourth - variance**2, 0.0), square, size)
    slack += _slack(variance, furthest, size) ** 2 + 2 * alike * (law.deviation + alike)
    if abs(got.var() - variance) > slack:
        return _moment(name, "standard deviation", got, law, reveal)
    under = np.searchsorted(got, law.cuts - alike) / got.size
    below = np.searchsorted(got, law.cuts + alike, side="right") / got.size
    if (under > law.under + _room(law.under, size)).any() or (
        below < law.below - _room(law.below, size)
    ).any():
        return f"{name}: mean and standard deviation fit, but not the kind of distribution" + (
            ": normal or uniform?" if law.smooth else ""
        )
    return None


def _different(draws: np.ndarray) -> int:
    """How many values there are among sorted draws; what differs by a rounding is one."""
    return 1 + int(np.sum(np.diff(draws) > 1e-9 * max(-draws[0], draws[-1])))


def _slack(variance: Any, furthest: Any, n: float) -> Any:
    """Bernstein's bound on how far the mean of n independent numbers is off its expectation."""
    return np.sqrt(2 * variance * L / n) + 2 * furthest * L / (3 * n)


def _room(share: np.ndarray, n: float) -> np.ndarray:
    return _slack(share * (1 - share), np.maximum(share, 1 - share), n)


def _moment(name: str, what: str, got: np.ndarray, law: Law, reveal: bool) -> str:
    """That a mean or a standard deviation is not what was asked; of two values, how often there is which."""
    if not reveal:
        return f"{name}: the {what} of the numbers is not what was asked"
    if law.values and np.isin(got, law.values).all():
        value, share = law.values[1], (law.mean - law.ends[0]) / (law.ends[1] - law.ends[0])
        return f"{name}: {np.mean(got == value):.1%} are {value:g}, expected about {share:.0%}"
    is_, about = (got.mean(), law.mean) if what == "mean" else (got.std(), law.deviation)
    # As many digits as the law's own draws are worth.
    digits = -math.floor(math.log10(5 * law.deviation / math.sqrt(law.n) or 1e-9))
    about = round(about, max(digits, 0)) + 0.0
    return f"{name}: the {what} of the {got.size} numbers is {is_:.3g}, expected about {about:.4g}"


def coincidence(draws: np.ndarray, ordered: bool) -> float:
    """A bound on the probability that other draws of the same law have the same values.

    Parameters
    ----------
    draws : ndarray
    ordered : bool
        Whether at the same places, or in any order: as often each.
    """
    draws = np.asarray(draws, dtype=float).ravel()
    _, times = np.unique(draws, return_counts=True)
    share = times.max(initial=0) / max(draws.size, 1)
    if ordered:
        return float(share**draws.size)
    if share * draws.size == 1:
        return 0.0
    # How often the most frequent value comes is a binomial number, of which none is likelier than this.
    variance = draws.size * share * (1 - share)
    return min(1.0, 1 / math.sqrt(2 * math.e * variance)) if variance else 1.0
