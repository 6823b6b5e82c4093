"""How surely a random answer is refused whose distribution is off by 5, 10 or 25 %.

    python benchmarks/power.py [--seeds N]

For each random exercise and each parameter of what it draws: of N hidden seeds, the share at which the
reference is refused once that parameter is multiplied by 1 - r or 1 + r; the less of the two is printed.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from checks import chapters  # first: it sees to it that this clone's code is taken

from gradus import texts
from gradus.authoring import Exercise
from gradus.calling import call_cases
from gradus.verdict import examine

_NORMAL = {"the standard deviation": "rng.normal(0.0, -> rng.normal(0.0, FACTOR *"}
_ENDS = {
    "low": "np.log(low), -> np.log(FACTOR * low),",
    "high": "np.log(high), -> np.log(FACTOR * high),",
}
# Edits of the reference (see `gradus.texts`); FACTOR stands for 1 - r or 1 + r.
PARAMETERS: dict[str, dict[str, str]] = {
    "variance_scaling": {
        **_NORMAL,
        "the bound": "rng.uniform(-r, r -> rng.uniform(-FACTOR * r, FACTOR * r",
    },
    "orthogonal_weights": {"the gain": "return gain -> return FACTOR * gain"},
    "replace_head": _NORMAL,
    "random_flip": {"p": "< p -> < FACTOR * p"},
    "dropout_forward": {"p": ">= p -> >= FACTOR * p"},
    "dropconnect_forward": {"p": ">= p -> >= FACTOR * p"},
    "stochastic_depth_forward": {"survival": ", 1)) < survival -> , 1)) < FACTOR * survival"},
    "random_search": _ENDS,
}
SIZES = (0.05, 0.1, 0.25)


def exercises() -> Iterator[Exercise]:
    """The random ones, without their known mistakes, which take long to run."""
    for exercise in chain.from_iterable(chapters().values()):
        if exercise.name in PARAMETERS:
            yield replace(exercise, mistakes=[])


def power(exercise: Exercise, edit: str, size: float, seeds: range) -> float:
    """The share of the seeds at which an answer is refused that is off by so much, the less of less and more."""
    return min(
        _refused(exercise, edit.replace("FACTOR", str(f)), seeds) for f in (1 - size, 1 + size)
    )


def _refused(exercise: Exercise, edit: str, seeds: range) -> float:
    ((_, answer),) = texts.functions(
        f"off\n    {edit}", exercise.reference, exercise.generator.__globals__
    )
    plans = (exercise.plan(seed) for seed in seeds)
    verdicts = [examine(plan, call_cases(answer, plan.cases), False) for plan in plans]
    return sum(verdict.status == "wrong" for verdict in verdicts) / len(verdicts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=100, help="how many (default: 100)")
    seeds = range(1, 1 + parser.parse_args().seeds)
    print(f"{'exercise':26}{'parameter':24}" + "".join(f"{size:8.0%}" for size in SIZES))
    for exercise in exercises():
        for name, edit in PARAMETERS[exercise.name].items():
            shares = [power(exercise, edit, size, seeds) for size in SIZES]
            print(f"{exercise.name:26}{name:24}" + "".join(f"{share:8.2f}" for share in shares))


if __name__ == "__main__":
    main()
