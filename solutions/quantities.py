"""What of a result is compared, or scored, where many results are right: a random array, a step length.

Each function turns the arguments and the result of one call into named quantities (`compare_as` of
`gradus.authoring.judge`) or into a score (`score`). This file travels to students with the cases, so it imports
no more than they have.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradus.distributions import Sample

# Two numbers of the same place are the same, in float32, too.
CLOSE = 1e-4
# The sine of the angle between a step and its direction: points may come in float32.
ALONG = 0.02
# Of L-BFGS and of BFGS.
OWN_DIRECTION = (
    "-M @ gradient, M of the newest pairs",
    "-M @ gradient, M of all pairs",
)
# A pair whose step @ change is less may be left out, or not.
NO_CURVATURE = 1e-8
# A run's direction is told from those of wrong programs after so many steps.
LOOKS_BACK = 3
# A larger `tol` is one for which there are few steps.
ENTRIES = 0.05
STALE = "the gradient of the start"
OLDER = "y from an older gradient"
# Of a point's length: a shorter step is none, or what float32 cuts off.
STUCK = 1e-6
# What of a minimiser says by itself, in a word, what is wrong, whatever else its line search makes of it.
TELLS = ("the way", "the start", "the length", "the end", "the memory")
# Averages of fewer rows or columns are too few to be told from one another.
ENOUGH_LINES = 100


def digits_gained(arguments: dict, rates: np.ndarray) -> float:
    """Of steps of gradient descent on a quadratic: the digits that they gain, as a share of what can be had."""
    eigenvalues, n_steps = arguments["eigenvalues"], arguments["n_steps"]
    factors = np.prod(1 - np.multiply.outer(rates, eigenvalues), axis=0)
    root = np.sqrt(eigenvalues.max() / eigenvalues.min())
    rate = (root - 1) / (root + 1)
    target = 2 * rate**n_steps / (1 + rate ** (2 * n_steps))
    # With as many steps as eigenvalues the factor may be 0.
    worst = max(np.abs(factors).max(), target**2)
    return np.log(worst) / np.log(target)


def small_numbers(arguments: dict, result: tuple) -> dict:
    """Of a value and a slope, both positive and some of them tiny: digits count, however small the number."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        return {"": result}
    with np.errstate(all="ignore"):
        return {
            "log(a)": np.log(np.asarray(result[0])),
            "log(slope)": np.log(np.asarray(result[1], dtype=float)),
        }


def directions(arguments: dict, weights: np.ndarray) -> dict:
    """Of a random matrix whose directions are at right angles: how far it stretches, its entries, and where it leans.

    Of (1, ..., 1) the share in a random subspace has the beta distribution of k / 2 and (n - k) / 2: with k below
    n / 2 and n of 80 or more it is above 0.95 less than once in 1e11. What is drawn between 0 and 1 spans it.
    """
    if np.ndim(weights) != 2:
        return {"": weights}
    left, sizes, right = np.linalg.svd(weights, full_matrices=False)
    long = max(arguments["n_in"], arguments["n_out"])
    seen = {
        "the singular values": sizes,
        "the entries": Sample(weights * np.sqrt(long), near=1e-6),
    }
    if long >= max(80, 2 * len(sizes)):
        spanned = left if len(left) == long else right.T
        share = np.sum(spanned.sum(axis=0) ** 2) / len(spanned)
        seen["the directions"] = (
            "all lean to (1, ..., 1)" if share > 0.95 else "lean to none"
        )
    return seen


def noise_lowered(arguments: dict, rates: np.ndarray) -> float:
    """Of the rates of SGD under noise: how far they bring the loss from that of the best constant rate to a bound."""
    lam, sigma, n_steps = (
        arguments[name] for name in ("curvatures", "sigma", "n_steps")
    )

    def loss(plans: np.ndarray) -> np.ndarray:
        v = np.full((plans.shape[1], len(lam)), arguments["variance"])
        for step in plans:
            shrunk = (1 - np.multiply.outer(step, lam)) ** 2 * v
            v = shrunk + (step * sigma)[:, None] ** 2
        return v @ lam / 2

    constants = np.geomspace(0.01, 2, 60) / lam.max()
    constant = loss(np.tile(constants, (n_steps, 1))).min()
    precision = 1 / arguments["variance"] + n_steps * (lam / sigma) ** 2
    with np.errstate(all="ignore"):
        reached = min(loss(np.asarray(rates)[:, None])[0], 1e300)
    return np.log(constant / reached) / np.log(
        constant / np.sum(lam / precision / 2)
    )


def loss_found(arguments: dict, plan: np.ndarray) -> float:
    """Of a plan that says how many trials are trained in each epoch: how far it gets from the best constant one."""
    curves, budget = arguments["curves"], arguments["budget"]
    m, most = curves.shape
    plan = np.asarray(plan)
    whole = np.array_equal(plan, np.floor(plan))
    if not whole or plan.min() < 0 or (np.diff(plan) > 0).any():
        return -np.inf
    if not 1 <= plan[0] <= m or plan.sum() > budget:
        return -np.inf
    draws = np.argsort(np.random.default_rng(0).random((120, m)), axis=1)

    def reached(plan: np.ndarray) -> float:
        left, last = draws[:, : plan[0]], np.count_nonzero(plan) - 1
        for epoch in range(1, last + 1):
            if plan[epoch] < left.shape[1]:
                order = np.argsort(
                    curves[left, epoch - 1], axis=1, kind="stable"
                )
                left = np.take_along_axis(left, order[:, : plan[epoch]], axis=1)
        return float(curves[left, last].min(axis=1).mean())

    constant = min(
        reached(np.repeat((min(budget // e, m), 0), (e, most - e)))
        for e in range(1, most + 1)
    )
    return (constant - reached(plan.astype(int))) / (constant - curves.min())


def residuals(arguments: dict, result: np.ndarray) -> dict:
    """Every row is the argument `truth` and noise, independent from entry to entry."""
    noise = result - arguments["truth"]
    near = 1e-6 * np.abs(result).max()
    rows, columns = (size // 2 * 2 for size in noise.shape)
    return {
        "the noise": Sample(noise, near),
        # Where two entries share their noise, their sum is wider than that of independent ones.
        "the noise of two rows, added": Sample(
            noise[0:rows:2] + noise[1:rows:2], near
        ),
        "the noise of two columns, added": Sample(
            noise[:, 0:columns:2] + noise[:, 1:columns:2], near
        ),
    }


def wolfe_step(arguments: dict, alpha: float) -> dict:
    """Whether a step length fulfils the strong Wolfe conditions, and where it fails how."""
    f, gradient, theta, d = (
        arguments[name] for name in ("f", "gradient", "theta", "direction")
    )
    value, slope = f(theta), gradient(theta) @ d
    with np.errstate(all="ignore"):
        there = theta + alpha * d
        # A rounding may lie on either side of a bound.
        c1, c2 = arguments.get("c1", 1e-4), arguments.get("c2", 0.9)
        bound = value + c1 * alpha * slope + 1e-9 * abs(value)
        steepness = gradient(there) @ d / -slope
        falls = alpha > 0 and f(there) <= bound
    flat = abs(steepness) <= c2 * (1 + 1e-6)
    way = (
        "flat enough"
        if flat
        else "too steep upwards"
        if steepness > 0
        else "too steep downwards"
    )
    return {
        "f at the step": "falls enough" if falls else "does not fall enough",
        "the slope at the step": way,
    }


# What a minimiser's settings are where they are left out.
SETTINGS = {"tol": 1e-5, "max_iterations": 10_000}


def minimum(arguments: dict, result: tuple) -> dict:
    """Whether a minimiser came to rest where the gradient is small, and how long it took."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        return {"": result}
    theta, iterations = result
    with np.errstate(all="ignore"):
        # The slack is for an answer in float32.
        small = (
            np.abs(arguments["gradient"](theta)).max() <= 1.1 * arguments["tol"]
        )
        start = arguments["f"](arguments["theta"])
        fell = arguments["f"](theta) <= start + 1e-6 * abs(start)
    most = arguments["max_iterations"]
    bounds = {"none": 0, "some": most - 1, "as many as were allowed": most}
    return {
        "the gradient at the end": "small enough"
        if small
        else "not small enough",
        "the value at the end": "not above that at the start"
        if fell
        else "above that at the start",
        "iterations": next(
            (word for word, n in bounds.items() if iterations <= n), "too many"
        ),
    }


def quasi_newton(arguments: dict, result: tuple, before: list) -> dict:
    """A run of BFGS, or of L-BFGS where the arguments have a `memory`.

    A run that may last as long as it takes ends at a minimum. Runs of 1, 2, ... iterations from one start show
    the way there: each step is as long as a line search liked it, but along the direction of the pairs so far.
    """
    if not isinstance(result, tuple | list) or len(result) != 2:
        return {"": result}
    arguments = SETTINGS | arguments
    before = [(SETTINGS | others, earlier) for others, earlier in before]
    runs = [*_shorter_runs(arguments, before), tuple(result)]
    if len(runs) < arguments["max_iterations"]:
        seen = minimum(arguments, result)
        # Of so few steps no line search makes enough, from far away.
        start = np.abs(arguments["gradient"](arguments["theta"])).max()
        far = start > 10 * arguments["tol"]
        if far and 0 < result[1] <= len(arguments["theta"]) // 2:
            seen["iterations"] = "fewer than it takes"
        by_default = _with_memory_named(arguments, before, result)
        return seen | by_default | _at_rest(arguments, result)
    points = [arguments["theta"], *(point for point, _ in runs)]
    path = [arguments["f"](point) for point in points]
    falls = all(
        new <= old + 1e-6 * abs(old) for old, new in itertools.pairwise(path)
    )
    steps = _followed(arguments, points) if falls else "uphill"
    seen = {
        "f on the way": "falls" if falls else "rises",
        **_counted(arguments, points, runs),
        "the steps so far": steps,
    }
    if LOOKS_BACK <= len(runs) and arguments["tol"] < ENTRIES:
        seen["the way"] = _slip(arguments, points, steps)
    return seen


def _at_rest(arguments: dict, result: tuple) -> dict:
    """What tells by itself how a minimiser stops: in a word, "" where it tells nothing."""
    (theta, iterations), tol = result, arguments["tol"]
    before = arguments["gradient"](arguments["theta"])
    largest, length = np.abs(before).max(), np.linalg.norm(before)
    if largest > 0.9 * tol:
        after = arguments["gradient"](theta)
        one_sided = after.max() <= tol < 0.9 * np.abs(after).max()
        if one_sided and iterations < arguments["max_iterations"]:
            return {"the end": "of one sign"}
        rests = np.abs(after).max() <= 1.1 * tol
        return {"the end": "at rest" if rests else ""}
    moved = not np.allclose(theta, arguments["theta"], rtol=1e-6, atol=1e-15)
    counted = "counted" if iterations else "as it was"
    if length < 0.9 * tol:
        return {"the start": "moved" if moved else counted}
    if length > 1.1 * tol and tol > ENTRIES:
        return {"the length": "moved" if moved else counted}
    return {}


def _shorter_runs(arguments: dict, before: list) -> list:
    """The results of the cases that differ in nothing but fewer iterations: 1, 2, and so on."""

    shorter = [
        result
        for others, result in before
        if _alike(others, arguments, "memory", "tol")
        and others["max_iterations"] < arguments["max_iterations"]
    ]
    return [tuple(result) for result in shorter]


def _alike(others: dict, arguments: dict, *names: str) -> bool:
    """Whether two runs are of one function from one start, with the same of some settings."""
    same = others["f"] is arguments["f"] and all(
        others.get(name) == arguments.get(name) for name in names
    )
    return same and np.array_equal(others["theta"], arguments["theta"])


def _with_memory_named(arguments: dict, before: list, result: tuple) -> dict:
    """Whether a run without `memory` is the one in which it was named, by whatever line search."""
    for others, earlier in before:
        named = "memory" in others and "memory" not in arguments
        if named and _alike(others, arguments, "tol", "max_iterations"):
            way = f"as with memory = {others['memory']}"
            # Another memory leads elsewhere, if not far: `tol` is met there, too.
            same = np.allclose(result[0], earlier[0], rtol=1e-9, atol=0)
            same = same and result[1] == earlier[1]
            return {"the memory": way if same else f"not {way}"}
    return {}


def _counted(arguments: dict, points: list, runs: list) -> dict:
    """Whether a run went on while the gradient was large, and ended where it was small."""
    made = 0
    for point, (_, iterations) in zip(points, runs, strict=False):
        largest = np.abs(arguments["gradient"](point)).max()
        if abs(largest / arguments["tol"] - 1) < 0.1:
            made = iterations  # a rounding may lie on either side of a bound
        elif largest > arguments["tol"]:
            made += 1
    words = {-1: "fewer than it takes", 0: "as many as it takes"}
    way = np.sign(runs[-1][1] - made)
    return {"iterations": words.get(way, "more than it takes")}


def _followed(arguments: dict, points: list) -> str:
    """The method's direction, if every step is along it; if not, that of the first which is not."""
    gradient, memory = arguments["gradient"], arguments.get("memory")
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    own = OWN_DIRECTION[memory is None]
    for old, new in itertools.pairwise(points):
        grad, step = gradient(old), new - old
        if np.abs(grad).max() <= 1.1 * arguments["tol"]:
            break
        known = _directions(grad, pairs, memory)
        if _aside(next(known)[1], step) > ALONG:
            others = [(_aside(d, step), word) for word, d in known]
            return min([*others, (ALONG, "another direction")])[1]
        change = gradient(new) - grad
        bend = step @ change
        if abs(bend) < NO_CURVATURE:
            break  # of this pair, one may be left out by one answer and not by another
        if bend > 0:
            pairs.append((step, change))
    return own


def _aside(direction: np.ndarray, step: np.ndarray) -> float:
    """The sine of the angle between a step and a direction, or inf if the step does not go its way."""
    share = step @ direction / (direction @ direction)
    if not share > 0:
        return np.inf
    return float(
        np.linalg.norm(step - share * direction) / np.linalg.norm(step)
    )


def _directions(
    grad: np.ndarray, pairs: list, memory: int | None
) -> Iterator[tuple[str, np.ndarray]]:
    """The direction of BFGS, or of L-BFGS, and after it those that are taken by mistake, by what they are."""
    one = pairs[-1:]
    if memory is None:
        matrices = {
            "of all pairs": (pairs, pairs[:1]),
            "of all pairs, without its first scale": (pairs, []),
            "of all pairs, with the newest scale": (pairs, one),
            "of the newest pair alone": (one, one),
        }
    else:
        newest, oldest = pairs[-memory:], pairs[:memory]
        matrices = {
            "of the newest pairs": (newest, one),
            "of more than the newest pairs": (pairs, one),
            "of BFGS, of all pairs": (pairs, pairs[:1]),
            "of BFGS, of all pairs, without its first scale": (pairs, []),
            "of the newest pairs, without the scale": (newest, []),
            "of the newest pairs, with the oldest one's scale": (
                newest,
                newest[:1],
            ),
            "of the newest pairs, the newest of them first": (
                newest[::-1],
                newest[:1],
            ),
            "of the oldest pairs": (oldest, oldest[-1:]),
            "of the newest pair alone": (one, one),
        }
    for word, given in matrices.items():
        yield f"-M @ gradient, M {word}", -_inverse(*given, len(grad)) @ grad
    yield "-gradient", -grad


def _slip(arguments: dict, points: list, followed: str) -> str:
    """Which wrong program every step follows, in a word; "" if none does, or programs of two words do."""
    memory = arguments.get("memory")
    if followed == OWN_DIRECTION[memory is None]:
        return followed
    turns = [new - old for old, new in itertools.pairwise(points)]
    grads = [arguments["gradient"](point) for point in points]
    rests = [
        np.linalg.norm(turn) < STUCK * np.linalg.norm(point)
        and np.abs(grad).max() > 1.1 * arguments["tol"]
        for turn, point, grad in zip(turns, points, grads, strict=False)
    ]
    if any(rests):
        return "at the start" if rests[0] else "no further"
    if followed == "uphill":
        return ""
    made = list(zip(points, grads, strict=True))
    found = set()
    known = _dense_slips() if memory is None else _limited_slips(memory)
    for word, pair, direction in itertools.chain(_other_ways(memory), known):
        kept: list[tuple[np.ndarray, np.ndarray]] = []
        for (here, there), turn in zip(
            itertools.pairwise(made), turns, strict=True
        ):
            with np.errstate(all="ignore"):
                way = direction(made[0][1] if word == STALE else here[1], kept)
                if not _aside(way, turn) <= ALONG:
                    break
                one = pair(here, there, way, made[0])
            if one[0] @ one[1] > 0:
                kept.append(one)
        else:
            found.add(word)
    return found.pop() if len(found) == 1 else ""


def _other_ways(
    memory: int | None,
) -> Iterator[tuple[str, Callable, Callable]]:
    """The directions that are taken by mistake of pairs that are right."""
    one = np.ones(1)
    for word, _ in list(_directions(one, [(one, one)], memory))[1:]:

        def direction(
            grad: np.ndarray, pairs: list, word: str = word
        ) -> np.ndarray:
            return dict(_directions(grad, pairs, memory))[word]

        yield word, _made, direction


def _made(a: tuple, b: tuple, way: np.ndarray, start: tuple) -> tuple:
    """A pair (s, y): of (theta, gradient) before and after a step, its direction, and the start."""
    return b[0] - a[0], b[1] - a[1]


# What is taken for it by mistake, by a word.
_MISTAKEN: tuple[tuple[str, Callable], ...] = (
    ("y is the new gradient", lambda a, b, way, start: (b[0] - a[0], b[1])),
    (OLDER, lambda a, b, way, start: (b[0] - a[0], b[1] - start[1])),
    (OLDER, lambda a, b, way, start: (b[0] - a[0], b[1] + way)),
    (STALE, lambda a, b, way, start: (b[0] - a[0], b[1] - start[1])),
    ("s is the direction", lambda a, b, way, start: (way, b[1] - a[1])),
    ("s is the point", lambda a, b, way, start: (b[0], b[1] - a[1])),
    ("y and s", lambda a, b, way, start: _made(a, b, way, start)[::-1]),
)


def _dense_slips() -> Iterator[tuple[str, Callable, Callable]]:
    """Of BFGS: a word, what is taken for s and y, and the direction of a gradient and the pairs so far."""
    scales = {
        "": lambda s, y: (s @ y) / (y @ y),
        "no scale": lambda s, y: 1.0,
    }
    wrong_scales = {
        "upside down": lambda s, y: (y @ y) / (s @ y),
        "of the step": lambda s, y: (s @ s) / (s @ y),
    }

    def after(
        update: Callable, scale: Callable, solve: bool = False
    ) -> Callable:
        def direction(grad: np.ndarray, pairs: list) -> np.ndarray:
            matrix = np.eye(len(grad))
            if pairs:
                matrix *= scale(*pairs[0])
            for s, y in pairs:
                matrix = update(matrix, s, y)
            return -(np.linalg.solve(matrix, grad) if solve else matrix @ grad)

        return direction

    def product(
        left, last=1.0, right=np.transpose, rho=lambda s, y: 1 / (s @ y)
    ):
        def update(m, s, y):
            v = left(np.eye(len(s)), rho(s, y) * np.outer(s, y))
            last_one = last(rho(s, y)) if callable(last) else last * rho(s, y)
            return v @ m @ right(v) + last_one * np.outer(s, s)

        return update

    def turned(m, s, y):
        v = np.eye(len(s)) - np.outer(y, s) / (s @ y)
        return v @ m @ v.T + np.outer(s, s) / (s @ y)

    def of_rank_one(m, s, y):
        off = s - m @ y
        return m + np.outer(off, off) / (off @ y)

    def dfp(m, s, y):
        return (
            m - np.outer(m @ y, m @ y) / (y @ m @ y) + np.outer(s, s) / (s @ y)
        )

    def direct(m, s, y):
        return (
            m - np.outer(m @ s, m @ s) / (s @ m @ s) + np.outer(y, y) / (s @ y)
        )

    right = product(np.subtract)
    for scale in wrong_scales.values():
        yield (
            f"{OWN_DIRECTION[1]}, without its first scale",
            _made,
            after(right, scale),
        )
    updates = {
        "the factors have changed sides": turned,
        "one factor twice": product(np.subtract, right=lambda v: v),
        "no last term": product(np.subtract, 0.0),
        "the last term without rho": product(np.subtract, lambda rho: 1.0),
        "a plus": product(np.add),
        "rho": product(np.subtract, rho=lambda s, y: s @ y),
        "rho, of s": product(np.subtract, rho=lambda s, y: 1 / (s @ s)),
        "rank one": of_rank_one,
        "DFP": dfp,
    }
    for scale in scales.values():
        for word, pair in _MISTAKEN:
            yield word, pair, after(right, scale)
        for word, update in updates.items():
            yield word.split(",")[0], _made, after(update, scale)
        yield "inverted once more", _made, after(right, scale, True)
    for scale in (*scales.values(), wrong_scales["upside down"]):
        yield "the Hessian's formula", _made, after(direct, scale)


def _limited_slips(memory: int) -> Iterator[tuple[str, Callable, Callable]]:
    """Of L-BFGS: a word, what is taken for s and y, and the direction of a gradient and the pairs so far."""

    def gamma(pairs: list) -> float:
        s, y = pairs[-1]
        return (s @ y) / (y @ y)

    def loops(
        turned=(False, False), take=-1, scale=gamma, late=1.0, rho=lambda s, y: 1 / (s @ y),
        first=lambda s, y, q: s @ q, second=lambda s, y, q: y @ q, less=lambda a, s, y: a * y,
        add=lambda a, b, s, y: (a - b) * s, keep=lambda pairs: pairs[-memory:],
    ):  # fmt: skip
        def direction(grad: np.ndarray, pairs: list) -> np.ndarray:
            pairs = keep(pairs)
            q, weights = grad, {}
            order = list(range(len(pairs)))
            there, back = (
                order[:: 1 if turned[0] else -1],
                order[:: -1 if turned[1] else 1],
            )
            for i in there:
                s, y = pairs[i]
                weights[i] = rho(s, y) * first(s, y, q)
                q = q - less(weights[i], s, y)
            used = (
                list(weights.values())[::take]
                if take
                else [weights[i] for i in back]
            )
            q = q * (scale(pairs) if pairs else 1.0)
            for i, weight in zip(back, used, strict=True):
                s, y = pairs[i]
                q = q + add(weight, rho(s, y) * second(s, y, q), s, y)
            return (late(pairs) if callable(late) and pairs else 1.0) * -q

        return direction

    def cleared(pairs: list) -> list:
        return pairs[len(pairs) // (memory + 1) * (memory + 1) :]

    swaps = {
        "the first loop": (True, False),
        "the second loop": (False, True),
        "both loops": (True, True),
    }

    def one(pairs: list) -> float:
        return 1.0

    unscaled = f"{OWN_DIRECTION[0]}, without the scale"
    for wrong in (
        lambda pairs: 1 / gamma(pairs),
        lambda pairs: (
            (pairs[-1][0] @ pairs[-1][0]) / (pairs[-1][0] @ pairs[-1][1])
        ),
    ):
        yield unscaled, _made, loops(scale=wrong)
    yield unscaled, _made, loops(scale=one, late=gamma)
    yield "cleared", _made, loops(keep=cleared)
    yield (
        "-M @ gradient, M of the oldest pairs",
        _made,
        loops(keep=lambda pairs: pairs[:memory][::-1]),
    )
    for scale in (gamma, one):
        for word, pair in _MISTAKEN:
            yield word, pair, loops(scale=scale)
        for word, turned in swaps.items():
            for take in (0, 1, -1):
                yield word, _made, loops(turned, take, scale)
        yield "rho", _made, loops(scale=scale, rho=lambda s, y: s @ y)
        yield "rho", _made, loops(scale=scale, rho=lambda s, y: 1.0)
        yield "beta", _made, loops(scale=scale, second=lambda s, y, q: s @ q)
        yield "beta", _made, loops(scale=scale, add=lambda a, b, s, y: a * s)
        yield (
            "s and y in the loops",
            _made,
            loops(scale=scale, less=lambda a, s, y: a * s),
        )
        yield (
            "s and y in the loops",
            _made,
            loops(scale=scale, add=lambda a, b, s, y: (a - b) * y),
        )


def _inverse(pairs: list, scaled_by: list, n: int) -> np.ndarray:
    """What the updates of BFGS make of a multiple of the identity by some pairs (s, y), in turn."""
    inverse = np.eye(n)
    for s, y in scaled_by:
        inverse *= (s @ y) / (y @ y)
    for s, y in pairs:
        left = np.eye(n) - np.outer(s, y) / (s @ y)
        inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
    return inverse


def batches(arguments: dict, result: list) -> dict:
    """Batches that share out the numbers 0 to n - 1: which batch has which is chance, not the order within one."""
    parts = [np.sort(part) for part in result]
    seen: dict[str, np.ndarray | Sample] = {
        "the numbers of all batches, sorted": np.sort(np.concatenate(parts))
    }
    full = [part for part in parts if len(part) == len(parts[0])]
    if len(full) >= 50:
        means, pairs = np.mean(full, axis=1), len(full) // 2
        seen["the mean number of a batch"] = Sample(means)
        seen["the step from one batch's mean to the next"] = Sample(
            np.diff(means[: 2 * pairs].reshape(pairs, 2), axis=1)
        )
        seen["the gaps between the numbers of a batch"] = Sample(
            np.diff(full, axis=1)
        )
    return seen


def draws_with_replacement(arguments: dict, result: np.ndarray) -> dict:
    """Places from 0 to n - 1, each drawn by itself, in whatever order they are listed."""
    n, places = arguments["n"], np.asarray(result)
    fits = bool(
        ((places == np.floor(places)) & (places >= 0) & (places < n)).all()
    )
    # Numbers out of range are not counted: an array up to the largest of them may be huge.
    times = (
        np.bincount(places.astype(int), minlength=n) if fits else np.zeros(n)
    )
    return {
        "whole numbers from 0 to n - 1": fits,
        "the numbers drawn": Sample(places),
        "how often each was drawn": Sample(times),
    }


def bootstrap(arguments: dict, result: np.ndarray, before: list) -> dict:
    """Draws with replacement; of 14 samples of 2 to 15 examples only whether any holds its first, its last."""
    seen, n = draws_with_replacement(arguments, result), arguments["n"]
    if not 1 < n < 16:
        return seen
    fits = "whole numbers from 0 to n - 1"
    few = [one for one in before if 1 < one[0]["n"] < 16]
    few = [*few, (arguments, result)]
    if len(few) < 14:
        return {fits: seen[fits]}
    # Right draws miss one of them once in three million times.
    return {
        fits: seen[fits],
        "the first example is drawn in any of 14 samples": any(
            bool(np.any(np.asarray(rows) == 0)) for _, rows in few
        ),
        "the last example is drawn in any of 14 samples": any(
            bool(np.any(np.asarray(rows) == given["n"] - 1))
            for given, rows in few
        ),
    }


def replayed(arguments: dict, result: np.ndarray) -> dict:
    """Rows of two groups, the second numbered after the first: how many of each, and each group's draws."""
    rows, n = np.asarray(result), arguments["n_new"]
    kept = rows >= n
    seen = {"how many rows are kept ones": int(kept.sum())}
    for name, size, drawn in (
        ("new", n, rows[~kept]),
        ("kept", arguments["n_kept"], rows[kept] - n),
    ):
        if len(drawn):
            found = draws_with_replacement({"n": size}, drawn)
            seen |= {f"{name} ones, {what}": x for what, x in found.items()}
    return seen


def new_head(arguments: dict, result: np.ndarray) -> dict:
    """A network of which the last layer was drawn anew: what was kept, its biases, its weights."""
    n, k = arguments["widths"][arguments["keep"]], arguments["n_classes"]
    kept = len(result) - (n + 1) * k
    head = result[kept:]
    return {
        "the kept layers": result[:kept],
        "the biases": head[n * k :],
        "the weights": Sample(head[: n * k]),
    }


def flips(arguments: dict, result: np.ndarray) -> dict:
    """Every image is that of the argument `images` or its mirror image: which of them is chance."""
    images = arguments["images"]
    turned = [
        images,
        images[..., ::-1],
        images[..., ::-1, :],
        images[..., ::-1, ::-1],
    ]
    far = np.stack(
        [np.abs(result - other).max(axis=(1, 2, 3)) for other in turned]
    )
    kind = np.where(far.min(axis=0) < CLOSE, far.argmin(axis=0), len(turned))
    # Neither is it turned: another image of the batch, or none of them.
    rows = images.reshape(len(images), -1)
    strange = np.flatnonzero(kind == len(turned))
    if any(
        np.abs(rows - result[i].ravel()).max(axis=1).min() >= CLOSE
        for i in strange[:50]
    ):
        kind[strange] += 1
    return {
        "each image is the old one or its mirror image": bool(
            (kind <= 1).all()
        ),
        "which images are mirrored": Sample(kind),
        "the pairs of neighbours that differ in that": Sample(
            kind[1::2] != kind[:-1:2]
        ),
    }


def crops(arguments: dict, result: np.ndarray) -> dict:
    """Every result is a window of one of the argument `images`: which window is chance."""
    images, size = arguments["images"], arguments["size"]
    windows = np.lib.stride_tricks.sliding_window_view(
        images, (size, size), axis=(2, 3)
    )
    far = (
        np.abs(windows - result[:, :, None, None])
        .max(axis=(1, 4, 5))
        .reshape(len(images), -1)
    )
    place = np.where(far.min(axis=1) < CLOSE, far.argmin(axis=1), -1)
    row, column = np.divmod(place, windows.shape[3])
    return {
        "each crop is a window of its image": bool((place >= 0).all()),
        "the rows at which the windows begin": Sample(row),
        "the columns at which the windows begin": Sample(column),
        "rows and columns together": Sample(place),
    }


def colour_shifts(arguments: dict, result: np.ndarray) -> dict:
    """What is added to each image, along the principal components of the colours of `images`.

    Nothing is chance here, but the sign of an eigenvector is free.
    """
    images = arguments["images"]
    change = result - images
    shifts, scale = change.mean(axis=(2, 3)), np.abs(result).max()
    _, vectors = np.linalg.eigh(
        np.cov(np.moveaxis(images, 1, -1).reshape(-1, 3).T)
    )
    along = shifts @ vectors[:, ::-1]
    largest = np.take_along_axis(
        along, np.abs(along).argmax(axis=0)[None], axis=0
    )
    return {
        "the same shift for all pixels of an image": bool(
            np.allclose(
                change, shifts[:, :, None, None], rtol=CLOSE, atol=CLOSE * scale
            )
        ),
        "the shifts along the principal components": along * np.sign(largest),
    }


def dropout(arguments: dict, result: tuple) -> dict:
    """A result and its mask: which entries of the argument `x` are kept is chance."""
    x, (out, mask) = arguments["x"], result
    return {
        **_independent("the mask", mask),
        "the result is x * mask": bool(
            np.allclose(out, x * mask, rtol=CLOSE, atol=CLOSE)
        ),
        "the factors result / x": Sample(np.round(out / x, 4)),
    }


def dropconnect(arguments: dict, result: tuple) -> dict:
    """A result and its mask: which entries of the argument `weights` are kept is chance."""
    out, mask = result
    expected = arguments["x"] @ (arguments["weights"] * mask)
    return {
        **_independent("the mask", mask),
        "the result is x @ (weights * mask)": bool(
            np.allclose(out, expected, rtol=CLOSE, atol=10 * CLOSE)
        ),
        "the first results beside x @ (weights * mask)": np.round(
            (out - expected)[:, :5], 2
        ),
    }


def _independent(name: str, draws: np.ndarray) -> dict:
    """Draws for each entry by itself; rounded, since float32 would make other values of the same."""
    draws = np.round(np.asarray(draws, dtype=float), 4)
    rows = draws.reshape(len(draws), -1)
    seen = {name: Sample(draws)}
    for axis, line in ((1, "row"), (0, "column")):
        if rows.shape[1 - axis] >= ENOUGH_LINES:
            seen[f"{name} averaged over each {line}"] = Sample(
                np.round(rows.mean(axis=axis), 6)
            )
    return seen


def stochastic_depth(arguments: dict, result: np.ndarray) -> dict:
    """How much of the argument `residual` each example keeps: in training, chance."""
    if not arguments["training"]:
        return {"": result}
    share = np.round((result - arguments["x"]) / arguments["residual"], 3)
    return {
        "each example keeps its branch, or drops it, as a whole": bool(
            (np.ptp(share, axis=1) < 0.01).all()
        ),
        "the share of the branch that an example keeps": Sample(
            np.round(share.mean(axis=1), 3)
        ),
    }


def split(arguments: dict, result: tuple) -> dict:
    """Every row of n in one of the parts, and each part a random one."""
    whole = {
        "how often each row is in one of the parts": _times(
            result, arguments["n"]
        )
    }
    for i, part in enumerate(result):
        whole |= _random_rows(f"the rows of part {i}", part)
    return whole | _mixed(result, arguments["n"])


def folds(arguments: dict, result: list) -> dict:
    """Pairs of rows to train and to validate: each row validated once, and trained on in the other folds."""
    n, validated = arguments["n"], [validation for _, validation in result]
    whole: dict = {"how often each row is validated": _times(validated, n)}
    for i, pair in enumerate(result):
        whole[f"how often each row is in train or validation of fold {i}"] = (
            _times(pair, n)
        )
        whole |= _random_rows(f"the rows validated in fold {i}", pair[1])
    return whole | _mixed(validated, n)


def _mixed(parts: Sequence[np.ndarray], n: int) -> dict:
    """Whether each part has its share of every stretch of the n rows, and of every k-th row, k the number of parts.

    By the statistic of Pearson's chi-squared test: chance exceeds the bound once in three thousand million times.
    """
    if n < 20 * len(parts):
        return {}
    whole = bool((_times(parts, n) == 1).all())
    owner = np.zeros(n, dtype=int)
    for i, rows in enumerate(parts):
        owner[rows] = i
    places, words = np.arange(n), {}
    for kind, group in (
        ("stretch of the rows", places * 6 // n),
        ("k-th row", places % len(parts)),
    ):
        groups = group.max() + 1
        counts = np.zeros((groups, len(parts)))
        np.add.at(counts, (group, owner), 1)
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
        distance = np.sum((counts - expected) ** 2 / expected)
        freedom = (groups - 1) * (len(parts) - 1)
        spread = 2 / (9 * freedom)  # Wilson and Hilferty's approximation
        bound = freedom * (1 - spread + 6.2 * np.sqrt(spread)) ** 3
        words[f"the parts of every {kind}"] = (
            "not every row is in one part"
            if not whole
            else "a share that chance gives"
            if distance < bound
            else "a share that chance does not give: not all rows are shuffled"
        )
    return words


def _random_rows(name: str, rows: np.ndarray) -> dict:
    if len(rows) < 30:
        return {}  # no sample to judge by
    # Every third row has the mean and the spread of a random third, but not its gaps.
    return {
        name: Sample(rows),
        f"the gaps between {name}, sorted": Sample(np.diff(np.sort(rows))),
    }


def _times(parts: Sequence[np.ndarray], n: int) -> np.ndarray:
    rows = np.concatenate(parts)
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError("a row that is none")
    return np.bincount(rows, minlength=n)


def search(arguments: dict, result: tuple) -> dict:
    """Trials drawn by logarithm, a column for each range, their values by the argument `f`, and the best."""
    trials, values, best = result
    seen: dict[str, Sample] = {}
    for j, ends in enumerate(
        zip(arguments["low"], arguments["high"], strict=True)
    ):
        seen |= _log_draws(f"column {j} of the trials", *ends, trials[:, j])
    # Where two columns share their draws, their sum is wider than that of independent ones.
    logs = _logs(trials) / np.log(arguments["high"] / arguments["low"])
    seen |= {
        f"columns {j} and {j + 1} of the trials, added": Sample(
            logs[:, j] + logs[:, j + 1]
        )
        for j in range(logs.shape[1] - 1)
    }
    return seen | {
        "values": _recognised(values, _lists_of_values(arguments["f"](trials))),
        "best": _recognised(best, _choices(trials, values)),
    }


def _lists_of_values(values: np.ndarray) -> dict:
    return {
        "f of each trial": values,
        "f of each trial, sorted": np.sort(values),
        "the smallest so far": np.minimum.accumulate(values),
    }


def _choices(trials: np.ndarray, values: np.ndarray) -> dict:
    return {
        "the trial of the smallest value": trials[values.argmin()],
        "the trial of the largest value": trials[values.argmax()],
        "the last trial": trials[-1],
        "the place of the smallest value": values.argmin(),
        "the smallest value": values.min(),
    }


def _recognised(numbers: np.ndarray, known: dict) -> str:
    """The name of the first of the known arrays that these numbers are, as far as float32 tells."""
    for name, of in known.items():
        if np.shape(of) == np.shape(numbers) and np.allclose(
            numbers, of, rtol=1e-4, atol=1e-5
        ):
            return name
    return "something else"


def _log_draws(name: str, low: float, high: float, draws: np.ndarray) -> dict:
    logs, of = _logs(draws), f" of {name}" if name else ""
    # The ends as float32 may hold them.
    inside = (low * (1 - 1e-6) <= draws) & (draws <= high * (1 + 1e-6))
    # Between independent uniform draws the gaps deviate by as much as their mean; evenly spread, by less.
    gaps = np.diff(np.sort(logs))
    # By chance, a share of 22 / n of the range stays empty at an end once in 3e9 times.
    near = 22 / len(logs) * np.log(high / low)
    reached = (
        logs.min() < np.log(low) + near and logs.max() > np.log(high) - near
    )
    return {
        f"all numbers{of} between low and high": bool(inside.all()),
        f"the logarithms{of}": Sample(logs),
        f"numbers{of} near low and near high": bool(reached),
        f"the logarithms of the first half{of}": Sample(logs[: len(logs) // 2]),
        f"the logarithms{of} irregular, as independent draws are": bool(
            gaps.std() > 0.6 * gaps.mean()
        ),
    }


def _logs(draws: np.ndarray) -> np.ndarray:
    """Logarithms; a number that has none stays itself, so that draws of such are still a sample."""
    return np.log(draws, out=np.array(draws, dtype=float), where=draws > 0)
