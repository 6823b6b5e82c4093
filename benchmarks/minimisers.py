"""The minimisers of `solutions` beside SciPy's methods of the same names, problem by problem.

Both get the same functions and gradients and the same test: no entry of the gradient above 1e-5. A run
is good if its value is within 1e-6, relative to the larger of 1 and the published minimum.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the grader runs answers

import numpy as np
from functions import FUNCTIONS, TestFunction
from scipy.optimize import minimize

from solutions import newton, quasi_newton

METHODS = {
    "BFGS": quasi_newton.bfgs,
    "L-BFGS-B": quasi_newton.lbfgs,
    "CG": newton.nonlinear_conjugate_gradient,
}
TOLERANCE, STEPS = 1e-5, 20_000
# Its own stop, when a step gains little, is switched off: the test is the same for all. It keeps as many
# pairs as `lbfgs` does by default.
OPTIONS = {"L-BFGS-B": {"ftol": 0.0, "maxcor": 10, "maxfun": 10 * STEPS}}


class Counted:
    """A test function that counts its evaluations, of value and of gradient together."""

    def __init__(self, function: TestFunction):
        self.function, self.count = function, 0

    def value(self, x):
        self.count += 1
        return self.function.value(x)

    def gradient(self, x):
        self.count += 1
        return self.function.gradient(x)


def scipys(method: str, counted: Counted) -> np.ndarray:
    """The point where SciPy's method ends."""
    options = {"gtol": TOLERANCE, "maxiter": STEPS} | OPTIONS.get(method, {})
    start = counted.function.start
    return minimize(counted.value, start, jac=counted.gradient, method=method, options=options).x


def ours(method: str, counted: Counted) -> np.ndarray:
    """The point where the reference ends."""
    start = counted.function.start
    return METHODS[method](
        counted.value, counted.gradient, start, tol=TOLERANCE, max_iterations=STEPS
    )[0]


def is_good(function: TestFunction, value: float) -> bool:
    """Whether a value is a published minimum."""
    # Where the Hessian is singular at the minimum, a small gradient says less of the value.
    near = 1e-5 if "singular" in function.name else 1e-6
    return any(abs(value - best) <= near * max(1.0, abs(best)) for best in function.minima)


def measure(run, method: str, function: TestFunction, rounds: int) -> tuple[float, int, float]:
    """The value reached, evaluations, and the median of seconds."""
    seconds = []
    for _ in range(rounds):
        counted = Counted(function)
        start = time.perf_counter()
        x = run(method, counted)
        seconds.append(time.perf_counter() - start)
    return function.value(x), counted.count, statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--largest", type=int, default=1000, help="variables, of BFGS too")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    np.seterr(all="ignore")
    for method in options.methods:
        print(f"\n{method:<46}{'SciPy':>30}{'ours':>32}\n{'':46}", end="")
        print(f"{'value':>12}{'calls':>8}{'ms':>10}  " * 2 + f"{'calls':>8}")
        ratios, times = [], []
        for function in FUNCTIONS:
            if function.start.size > options.largest:
                continue
            # One round where SciPy's dense update takes minutes.
            slow = method == "BFGS" and function.start.size > 500
            rounds = 1 if slow else options.rounds
            theirs = measure(scipys, method, function, rounds)
            own = measure(ours, method, function, rounds)
            marks = ["" if is_good(function, value) else "*" for value, *_ in (theirs, own)]
            line = "".join(
                f"{value:>11.4g}{mark or ' '}{count:>8}{1e3 * seconds:>10.1f}  "
                for (value, count, seconds), mark in zip((theirs, own), marks, strict=True)
            )
            print(f"{function.name:<46}{line}{own[1] / theirs[1]:>8.2f}", flush=True)
            if not marks[0]:
                ratios.append(own[1] / theirs[1])
                if function.start.size == 1000:
                    times.append(own[2] / theirs[2])
        print(
            f"geometric mean of calls, where SciPy is good: {statistics.geometric_mean(ratios):.2f}"
        )
        if times:
            print(
                f"geometric mean of time, 1,000 variables: {statistics.geometric_mean(times):.2f}"
            )
    print("\n* not a published minimum")


if __name__ == "__main__":
    main()
