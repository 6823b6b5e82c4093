"""How the exercises of the chapter on second-order methods are judged.

Points and matrices are drawn anew at every seed; where a line search decides by a comparison, the cases
keep away from the bound, so that a rounding cannot turn it.
"""

import numpy as np

from gradus import problems
from gradus.authoring import Call, Written, judge
from gradus.values import Problem
from solutions import quantities
from solutions import second_order as reference


def _functions(name):
    """A problem's value and gradient as arguments."""
    return {"f": Problem(name, "value"), "gradient": Problem(name, "gradient")}


def _turned(rng, eigenvalues):
    """A symmetric matrix of those eigenvalues, in no special direction."""
    n = len(eigenvalues)
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
    result = (basis * eigenvalues) @ basis.T
    return (result + result.T) / 2


def _positive_definite(rng, n):
    return _turned(rng, rng.uniform(0.4, 3.0, size=n))


def _away_from_zero(rng, n):
    return rng.choice([-1.0, 1.0], size=n) * rng.uniform(0.5, 2.0, size=n)


@judge(reference.newton_step, points=2, returns=("theta",))
def newton_step(rng):
    def point(n):
        return {"theta": _away_from_zero(rng, n), "grad": _away_from_zero(rng, n)}

    bowl = _turned(rng, rng.uniform(0.4, 3.0, size=3))
    yield Call("two parameters", **point(2), hessian=_turned(rng, rng.uniform([0.3, 2], [0.6, 4])))
    yield Call("three parameters, damping left at its default", **point(3), hessian=bowl)
    yield Call("a quadratic: to its minimum", **_at_a_quadratic(rng), damping=0.0)
    yield Call("damped", **point(3), hessian=bowl, damping=rng.uniform(0.5, 1.5))
    signs = rng.uniform([-1.5, -0.6, 0.5, 2.0], [-1.0, -0.3, 1.0, 3.0])
    yield Call("a saddle, damped", **point(4), hessian=_turned(rng, signs), damping=2.5)
    yield Call("a saddle, not damped", **point(4), hessian=_turned(rng, signs), damping=0.0)
    one = np.array([[rng.uniform(2.0, 4.0)]])
    yield Call("one parameter", **point(1), hessian=one, damping=rng.uniform(0.5, 1.0))


def _at_a_quadratic(rng):
    hessian = _turned(rng, rng.uniform(0.5, 4.0, size=5))
    theta, minimum = _away_from_zero(rng, 5), _away_from_zero(rng, 5)
    return {"theta": theta, "grad": hessian @ (theta - minimum), "hessian": hessian}


newton_step.add_mistakes("""
    the step goes uphill: solve H d = -grad and add d, or subtract H^(-1) grad
        return theta + np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)
    `hessian + damping` adds the number to every entry: only the diagonal is damped, `damping *
    np.eye(n)`
        return theta - np.linalg.solve(hessian + damping, grad)
    `damping` is ignored: add it to the diagonal of the Hessian
        return theta - np.linalg.solve(hessian, grad)
    the damping is subtracted: it must make the eigenvalues larger
        hessian + damping -> hessian - damping
    the damping multiplies the diagonal of H (Marquardt's scaling): here `damping` itself is added
    to it
        np.eye(len(theta)) -> np.diag(np.diag(hessian))
    the gradient is multiplied by the Hessian: it is to be divided by it (solve)
        return theta - (hessian + damping * np.eye(len(theta))) @ grad
    only the diagonal of the Hessian is used: its other entries say how the parameters interact
        return theta - grad / (np.diag(hessian) + damping)
    the Hessian's entries are inverted one by one: that is not the inverse matrix
        return theta - (1 / (hessian + damping * np.eye(len(theta)))) @ grad
    this is the step alone: add it to `theta` and return the new parameters
        return -np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)
    this is gradient descent: the Hessian is not used
        return theta - grad
    the absolute values of the eigenvalues are used (saddle-free Newton): here H is taken as it is
        values, vectors = np.linalg.eigh(hessian)
        return theta - vectors @ ((vectors.T @ grad) / (np.abs(values) + damping))
    this is H^(-1) grad alone: subtract it from `theta` and return the new parameters
        return np.linalg.solve(hessian + damping * np.eye(len(theta)), grad)
    the step is scaled by the damping: it is added to the diagonal of the Hessian
        return theta - damping * np.linalg.solve(hessian, grad)
    the damping divides: it is added to the diagonal of the Hessian
        return theta - np.linalg.solve(hessian, grad) / (1 + damping)
    or
        return theta - np.linalg.solve(hessian * (1 + damping), grad)
    the whole identity is added to the Hessian: `damping` times it is
        return theta - np.linalg.solve(hessian + np.eye(len(theta)), grad)
    the damping is squared: `damping` itself is added to the diagonal
        return theta - np.linalg.solve(hessian + damping**2 * np.eye(len(theta)), grad)
    the damping is added to the gradient: it is added to the diagonal of the Hessian
        return theta - np.linalg.solve(hessian, grad + damping * theta)
    or
        return theta - np.linalg.solve(hessian, grad + damping)
    the step goes uphill, and `damping` is ignored: subtract the solution, with the damping on the
    diagonal
        return theta + np.linalg.solve(hessian, grad)
    `theta` and the step have changed signs: the new parameters are theta minus the solution
        return np.linalg.solve(hessian + damping * np.eye(len(theta)), grad) - theta
    the gradient is multiplied by the Hessian, and the damping left out: the Hessian is inverted
    (solve), with the damping on its diagonal
        return theta - hessian @ grad
    the diagonal of the Hessian alone is used, and without the damping: its other entries say how
    the parameters interact
        return theta - grad / np.diag(hessian)
    this is the step alone, uphill, and without the damping: subtract it from `theta`, with the
    damping on the diagonal of the Hessian
        return np.linalg.solve(hessian, grad)
    the step is alone and `damping` is ignored: add it to `theta`, with the damping on the diagonal
    of the Hessian
        return -np.linalg.solve(hessian, grad)
    the Hessian is divided by entry by entry, without a solution: solve H d = grad
        return theta - grad @ (1 / hessian)
    or
        return theta - (1 / hessian) @ grad
""")
newton_step.add_variants("""
    with the inverse
        return theta - np.linalg.inv(hessian + damping * np.identity(len(theta))) @ grad
    in the basis of eigenvectors
        values, vectors = np.linalg.eigh(hessian)
        return theta - vectors @ ((vectors.T @ grad) / (values + damping))
    elimination by hand, as a list
        n = len(theta)
        rows = [[*hessian[i], grad[i]] for i in range(n)]
        for i in range(n):
            rows[i][i] += damping
        for i in range(n):
            best = max(range(i, n), key=lambda k: abs(rows[k][i]))
            rows[i], rows[best] = rows[best], rows[i]
            for k in range(n):
                if k != i:
                    factor = rows[k][i] / rows[i][i]
                    rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
        return [float(theta[i] - rows[i][n] / rows[i][i]) for i in range(n)]
    in float32, damping in place on a copy
        hessian = hessian.astype(np.float32)
        hessian[np.diag_indices(len(theta))] += np.float32(damping)
        return theta.astype(np.float32) + np.linalg.solve(hessian, -grad.astype(np.float32))
""")


def _descent(rng, name, spread=1.0):
    """A point of a problem, the gradient there, and a direction downhill, of length 1, but not along it."""
    problem = problems.get(name)
    n = len(problem.start)
    while True:
        theta = rng.uniform(-spread, spread, size=n)
        grad = problem.gradient(theta)
        direction = -_positive_definite(rng, n) @ grad
        direction /= np.linalg.norm(direction)
        if grad @ direction < -0.1:
            return theta, grad, direction


def _tries(problem, theta, grad, direction, initial, c1, shrink):
    """How many step lengths are refused, and how near the decision of any of them is to its bound."""
    slope, value = grad @ direction, problem.value(theta)
    alpha, refused, nearest = initial, 0, np.inf
    while True:
        over = problem.value(theta + alpha * direction) - value - c1 * alpha * slope
        nearest = min(nearest, abs(over) / (abs(c1 * alpha * slope) + 1e-3 * abs(value)))
        if over <= 0:
            return refused, nearest
        refused, alpha = refused + 1, alpha * shrink


# By label: the problem, initial, c1, shrink, and how many lengths are to be refused.
BACKTRACKING = {
    "the first length is good": ("long rosenbrock", 0.01, 0.1, 0.5, 0),
    "one length is too long": ("rosenbrock", 0.5, 0.1, 0.4, 1),
    "many are too long": ("ill-conditioned", 40.0, 0.2, 0.6, 6),
    "much of the slope must be kept": ("logistic", 9.0, 0.6, 0.8, 3),
    "nearly all of the slope must be kept": ("two wells", 1.5, 0.9, 0.8, 5),
    "a longer first length": ("long rosenbrock", 30.0, 0.3, 0.3, 3),
}


@judge(reference.backtracking, points=3, returns=("alpha",))
def backtracking(rng):
    for label, (name, initial, c1, shrink, least) in BACKTRACKING.items():
        problem = problems.get(name)
        while True:
            theta, grad, direction = _descent(rng, name)
            first = initial * rng.uniform(0.8, 1.2)
            refused, nearest = _tries(problem, theta, grad, direction, first, c1, shrink)
            # Without the factor c1 fewer lengths would be refused: so that it matters.
            easier, _ = _tries(problem, theta, grad, direction, first, 1e-9, shrink)
            enough = refused == least if least < 2 else refused >= least
            if enough and nearest > 0.005 and (c1 < 0.5 or easier < refused):
                break
        given = {"f": Problem(name, "value"), "theta": theta, "grad": grad, "direction": direction}
        yield Call(label, **given, initial=first, c1=c1, shrink=shrink)
    # The direction is shorter than the gradient, and the length longer than 1.
    problem = problems.get("logistic")
    while True:
        theta, grad, _ = _descent(rng, "logistic", spread=3.0)
        direction = -_positive_definite(rng, 4) @ grad / 3
        first = rng.uniform(20.0, 40.0)
        refused, nearest = _tries(problem, theta, grad, direction, first, 0.4, 0.8)
        if refused >= 2 and nearest > 0.005 and first * 0.8**refused > 3:
            break
    given = {"f": Problem("logistic", "value"), "theta": theta, "grad": grad}
    yield Call("a short direction", **given, direction=direction, initial=first, c1=0.4, shrink=0.8)
    while True:
        theta, grad, direction = _descent(rng, "rosenbrock")
        direction = direction * 3
        refused, nearest = _tries(problems.get("rosenbrock"), theta, grad, direction, 1.0, 1e-4, 0.5)
        if refused >= 2 and nearest > 0.005:
            break
    given = {"f": Problem("rosenbrock", "value"), "theta": theta, "grad": grad}
    yield Call("all settings left at their defaults", **given, direction=direction)


def _backtrack(accept, f, theta, grad, direction, initial, c1, shrink):
    """Backtracking with another test: accept(f at the trial, f here, alpha, slope, c1)."""
    alpha = initial
    for _ in range(200):
        if accept(f(theta + alpha * direction), f(theta), alpha, grad @ direction, c1):
            break
        alpha *= shrink
    return alpha


backtracking.add_mistakes("""
    any fall is accepted, or nearly any: it must be the share `c1` of what the slope promises, with
    the `c1` that is given
        <= value + c1 * alpha * slope -> < value
    the whole slope is asked for: only the share `c1` of it must be kept
        def accept(new, old, alpha, slope, c1):
            return new <= old + alpha * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    the bound lacks `alpha`: what the slope promises is in proportion to the length of the step
        def accept(new, old, alpha, slope, c1):
            return new <= old + c1 * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    the sign of the slope is wrong: it is negative, so that the bound lies *below* f(theta)
        def accept(new, old, alpha, slope, c1):
            return new <= old - c1 * alpha * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    or
        alpha = initial
        for _ in range(2000):
            if f(theta + alpha * direction) <= f(theta) + c1 * alpha * abs(grad @ direction):
                break
            alpha = alpha * shrink
        return alpha
    the test is turned round: shorten the step while f has *not* fallen enough
        def accept(new, old, alpha, slope, c1):
            return new > old + c1 * alpha * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    `initial` is returned untried: shorten it as long as f has not fallen enough
        return initial
    the slope is taken as -grad @ grad: along `direction` it is grad @ direction
        _descent(grad, direction) -> -grad @ grad
    the step length has been shortened once too often: return the first that passes
        return alpha -> return shrink * alpha
    the first length to be tried is `initial` itself, not `initial * shrink`
        alpha = initial -> alpha = shrink * initial
    `initial` is ignored: it is the first length to be tried
        alpha = initial -> alpha = 1.0
    `shrink` is ignored: every refused length is multiplied by it
        alpha *= shrink -> alpha *= 0.5
    this is the new point: return the step length `alpha`
        return alpha -> return theta + alpha * direction
    the length is 0, or is shortened without end: does the trial go along `direction`, theta + alpha *
    direction?
        def accept(new, old, alpha, slope, c1):
            return new <= old - c1 * alpha * slope
        return _backtrack(accept, f, theta, grad, -direction, initial, c1, shrink)
    the bound was computed once, with the first length: it moves with `alpha`
        alpha = initial
        target = f(theta) + c1 * alpha * (grad @ direction)
        for _ in range(2000):
            if f(theta + alpha * direction) <= target:
                break
            alpha = alpha * shrink
        return alpha
    or
        alpha = initial
        target = f(theta) + c1 * alpha * (grad @ direction)
        while f(theta + alpha * direction) > target and alpha > 1e-10:
            alpha = alpha * shrink
        return alpha
    or
        alpha = initial
        target = f(theta) + c1 * alpha * (grad @ direction)
        for _ in range(100):
            if f(theta + alpha * direction) <= target:
                break
            alpha = alpha * shrink
        return alpha
    or
        alpha = initial
        target = f(theta) + c1 * alpha * (grad @ direction)
        for _ in range(50):
            if f(theta + alpha * direction) <= target:
                break
            alpha = alpha * shrink
        return alpha
    the length is divided by `shrink`, and grows: multiply by it
        alpha = initial
        for _ in range(200):
            if f(theta + alpha * direction) <= f(theta) + c1 * alpha * (grad @ direction):
                break
            alpha = alpha / shrink
        return alpha
    `shrink` is taken for the share that is lost: every refused length is multiplied by it
        alpha *= shrink -> alpha *= 1 - shrink
    the slope is that of the direction alone, its length: it is grad @ direction
        _descent(grad, direction) -> -direction @ direction
    the trial goes along the gradient: it is theta + alpha * direction
        alpha = initial
        for _ in range(200):
            if f(theta - alpha * grad) <= f(theta) + c1 * alpha * (grad @ direction):
                break
            alpha = alpha * shrink
        return alpha
    or
        alpha = initial
        for _ in range(200):
            if f(theta - alpha * grad) <= f(theta) - c1 * alpha * (grad @ grad):
                break
            alpha = alpha * shrink
        return alpha
    the number of the refused lengths is returned: return the length `alpha`
        alpha, count = initial, 0
        while f(theta + alpha * direction) > f(theta) + c1 * alpha * (grad @ direction):
            alpha, count = alpha * shrink, count + 1
        return count
    the value of f at the step is returned: return the length `alpha`
        return alpha -> return f(theta + alpha * direction)
    the step itself is returned: return its length `alpha`
        return alpha -> return alpha * direction
    one length is refused at most: shorten it as long as f has not fallen enough
        alpha = initial
        if f(theta + alpha * direction) > f(theta) + c1 * alpha * (grad @ direction):
            alpha = alpha * shrink
        return alpha
    each refused length is multiplied by `shrink` and by the one before: multiply by `shrink` alone
        alpha, k = initial, 1
        while f(theta + alpha * direction) > f(theta) + c1 * alpha * (grad @ direction):
            alpha, k = alpha * shrink**k, k + 1
        return alpha
""")
backtracking.add_variants("""
    powers of shrink
        k = 0
        while True:
            alpha = initial * shrink**k
            if f(theta + alpha * direction) - f(theta) <= c1 * alpha * float(
                np.dot(grad, direction)
            ):
                return alpha
            k += 1
    recursive, the point handed on
        def backtracking_recursive(f, theta, grad, direction, initial=1.0, c1=1e-4, shrink=0.5):
            fall = f(theta) - f(theta + initial * direction)
            if fall >= -c1 * initial * sum(grad * direction):
                return initial
            return backtracking_recursive(f, theta, grad, direction, initial * shrink, c1, shrink)
    all lengths at once, a NumPy scalar
        alphas = initial * shrink ** np.arange(60)
        values = np.array([f(theta + alpha * direction) for alpha in alphas])
        enough = values <= f(theta) + c1 * alphas * (grad @ direction)
        return alphas[enough.argmax()]
""")


def _valley(rng):
    """A point of the tilted bowl, a direction downhill, and the length that leads to the lowest point along it."""
    problem = problems.get("tilted bowl")
    theta = _away_from_zero(rng, 2)
    grad = problem.gradient(theta)
    direction = -_positive_definite(rng, 2) @ grad
    hessian = problem.hessian(theta)
    return theta, direction, -(grad @ direction) / (direction @ hessian @ direction)


@judge(reference.wolfe_line_search, points=5, returns=("alpha",), compare_as=quantities.wolfe_step)
def wolfe_line_search(rng):
    # On a quadratic, with the lowest point at length `best`: f falls enough up to 2 (1 - c1) best, and the
    # slope is flat enough from (1 - c2) best to (1 + c2) best.
    for label, c1, c2, times in (
        ("the first length is good", 1e-4, 0.9, rng.uniform(0.5, 0.8)),
        ("the first length is far too short", 1e-4, 0.9, rng.uniform(0.005, 0.02)),
        ("the first length is far too long", 1e-4, 0.9, rng.uniform(20, 60)),
        ("at the first length the slope is upwards", 0.01, 0.3, rng.uniform(1.5, 1.7)),
        ("at the first length f falls, but not enough", 0.3, 0.6, rng.uniform(1.48, 1.55)),
        ("a flat slope is asked for", 1e-3, 0.02, rng.uniform(0.6, 0.9)),
    ):
        theta, direction, best = _valley(rng)
        given = {"theta": theta, "direction": direction, "c1": c1, "c2": c2}
        yield Call(label, **_functions("tilted bowl"), **given, initial=times * best)
    # From the hill between the wells to the right: through the shallow well and up the wall.
    x, y = rng.uniform(0.45, 0.6), rng.uniform(-0.3, 0.3)
    left = np.array([-1.0, 0.0])
    given = {"theta": np.array([x, y]), "direction": -left, "c1": 0.05, "c2": 0.3}
    yield Call("a well, then a wall", **_functions("two wells"), **given, initial=1.2)
    x = rng.uniform(1.15, 1.22)
    hilltop = float(np.sort(np.roots([4, 0, -4, 0.3]).real)[1])
    # From the shallow well's right side to the left: the hill between the wells is higher.
    given = {"theta": np.array([x, y]), "direction": left, "c1": 0.05, "c2": 0.1}
    yield Call("at the first length it is flat, on a hill", **_functions("two wells"), **given, initial=x - hilltop)
    for label, name, c2, initial in (
        ("Rosenbrock", "rosenbrock", 0.9, 1.0),
        ("Rosenbrock, nearly exact", "rosenbrock", 0.1, 1e-4),
        ("five variables", "long rosenbrock", 0.5, 0.01),
    ):
        theta, _, direction = _descent(rng, name)
        given = {"theta": theta, "direction": direction, "c1": 1e-4, "c2": c2}
        yield Call(label, **_functions(name), **given, initial=initial)
    theta, _, direction = _descent(rng, "logistic", spread=3.0)
    given = {"theta": theta, "direction": direction, "c1": 1e-4, "c2": 0.9}
    yield Call("the first length left at its default", **_functions("logistic"), **given)
    given["direction"] = 0.01 * direction
    yield Call("a short direction", **_functions("logistic"), **given, initial=0.1)


def _armijo(value, value0, alpha, slope0, c1):
    return value <= value0 + c1 * alpha * slope0


def _flat(slope, slope0, c2):
    return 0 if abs(slope) <= c2 * abs(slope0) else np.sign(slope)


def _bisect(
    f, gradient, theta, direction, c1=1e-4, c2=0.9, initial=1.0, *,
    falls_enough=_armijo, too_steep=_flat,
):  # fmt: skip
    """The search by a bracket and halving, with other tests for its two conditions.

    falls_enough(value, value at 0, alpha, slope at 0, c1) and too_steep(slope, slope at 0, c2), which
    is -1 where one should go on and 1 where one went too far.
    """
    value0, slope0 = f(theta), gradient(theta) @ direction
    low, high, alpha = 0.0, None, initial
    for _ in range(60):
        there = theta + alpha * direction
        way = too_steep(gradient(there) @ direction, slope0, c2)
        if not falls_enough(f(there), value0, alpha, slope0, c1) or way > 0:
            high = alpha
        elif way < 0:
            low = alpha
        else:
            return alpha
        alpha = 2 * low if high is None else (low + high) / 2
    return alpha


wolfe_line_search.add_mistakes("""
    f falls enough, but the slope is not asked about: the step may be too short, or end where f
    already rises steeply (Armijo alone)
        def too_steep(slope, slope0, c2):
            return 0
        return _bisect(f, gradient, theta, direction, c1, c2, initial, too_steep=too_steep)
    or
        slope, alpha = gradient(theta) @ direction, initial
        for _ in range(200):
            if f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
                break
            alpha = alpha / 2
        return alpha
    a slope that is steep *upwards* is accepted: the strong condition is about its absolute value
        def too_steep(slope, slope0, c2):
            return -1 if slope < c2 * slope0 else 0
        return _bisect(f, gradient, theta, direction, c1, c2, initial, too_steep=too_steep)
    the slope is flat enough, but f need not have fallen: it must be the share `c1` of what the
    slope promises
        def falls_enough(value, value0, alpha, slope0, c1):
            return True
        return _bisect(f, gradient, theta, direction, c1, c2, initial, falls_enough=falls_enough)
    any fall is accepted: f must fall by `c1 * alpha * |slope|` at least (`c1` is not always small)
        def falls_enough(value, value0, alpha, slope0, c1):
            return value < value0
        return _bisect(f, gradient, theta, direction, c1, c2, initial, falls_enough=falls_enough)
    the slope is held against `c2` itself: it must be at most `c2` times the slope at the start
        def too_steep(slope, slope0, c2):
            return 0 if abs(slope) <= c2 else np.sign(slope)
        return _bisect(f, gradient, theta, direction, c1, c2, initial, too_steep=too_steep)
    `initial` is returned as it is: it is only the first length to try
        return initial
    the first length is shortened and never made longer: where f still falls steeply, go on (look
    for a `high` first)
        low, high = 0.0, initial
        value0, slope0 = f(theta), gradient(theta) @ direction
        alpha = initial
        for _ in range(60):
            there = theta + alpha * direction
            slope = gradient(there) @ direction
            if not _armijo(f(there), value0, alpha, slope0, c1) or slope > c2 * abs(slope0):
                high = alpha
            elif slope < -c2 * abs(slope0):
                low = alpha
            else:
                break
            alpha = (low + high) / 2
        return alpha
    the step goes backwards: alpha must be positive, since `direction` goes downhill
        return -wolfe_line_search(f, gradient, theta, direction, c1, c2, initial)
    this is the new point: return the step length `alpha`
        alpha = wolfe_line_search(f, gradient, theta, direction, c1, c2, initial)
        return theta + alpha * direction
    the first length is made shorter alone, for either condition: where f still falls steeply it
    must be made longer
        slope, alpha = gradient(theta) @ direction, initial
        for _ in range(60):
            there = theta + alpha * direction
            if f(there) <= f(theta) + c1 * alpha * slope and abs(gradient(there) @ direction) <= -c2 * slope:
                break
            alpha = alpha / 2
        return alpha
    the length is 1 whatever happens: try `initial`, and look for a length that fulfils both
    conditions
        return 1.0
""")
wolfe_line_search.add_variants("""
    a bracket and halving
        return _bisect(f, gradient, theta, direction, c1, c2, initial)
    as the Wolfe step of SciPy's zoom: the safeguarded minimum of a parabola
        def phi(alpha):
            there = theta + alpha * direction
            return f(there), float(np.dot(gradient(there), direction))
        value0, slope0 = phi(0.0)
        low, high = (0.0, value0, slope0), None
        alpha = initial
        for _ in range(100):
            value, slope = phi(alpha)
            if value > value0 + c1 * alpha * slope0 or slope > c2 * abs(slope0):
                high = alpha, value
            elif slope < c2 * slope0:
                low = alpha, value, slope
            else:
                return np.float64(alpha)
            if high is None:
                alpha *= 3
                continue
            width = high[0] - low[0]
            curvature = (high[1] - low[1] - low[2] * width) / width**2
            guess = -low[2] / (2 * curvature) if curvature > 0 else width / 2
            alpha = low[0] + min(max(guess, 0.2 * width), 0.8 * width)
        return alpha
    recursive, lists inside, an array without axes
        start = f(theta)
        slope0 = sum(a * b for a, b in zip(gradient(theta), direction, strict=True))
        def look(low, high, alpha, left):
            there = np.array([t + alpha * d for t, d in zip(theta, direction, strict=True)])
            slope = sum(a * b for a, b in zip(gradient(there), direction, strict=True))
            enough = f(there) - start <= c1 * alpha * slope0
            if left == 0 or enough and abs(slope) <= -c2 * slope0:
                return np.array(alpha)
            if enough and slope < 0:
                low = alpha
            else:
                high = alpha
            return look(low, high, 2.5 * low if high is None else 0.4 * low + 0.6 * high, left - 1)
        return look(0.0, None, initial, 80)
""")


@judge(reference.conjugate_gradient, points=4, returns=("points",))
def conjugate_gradient(rng):
    def system(eigenvalues):
        eigenvalues = np.asarray(eigenvalues)
        a = _turned(rng, eigenvalues)
        return {"a": a, "b": a @ _away_from_zero(rng, len(a))}

    yield Call("two unknowns, two steps", **system(rng.uniform([0.5, 2], [1, 4])), n_steps=2)
    yield Call("one step only", **system(rng.uniform(0.5, 3.0, size=3)), n_steps=1)
    five = system(rng.uniform([0.3, 0.6, 1, 2, 4], [0.4, 0.8, 1.5, 3, 5]))
    yield Call("five unknowns, three steps", **five, n_steps=3)
    yield Call("five unknowns, five steps", **five, n_steps=5)
    yield Call("a diagonal matrix", a=np.diag(rng.uniform(0.5, 4, 4)), b=np.ones(4), n_steps=4)
    two = np.repeat(rng.uniform([0.5, 2], [1, 4]), 3)
    yield Call("six unknowns, two different eigenvalues", **system(two), n_steps=2)
    none = {"a": _turned(rng, rng.uniform(0.5, 3.0, size=3)), "b": np.zeros(3)}
    yield Call("nothing to do: b is zero", **none, n_steps=2)


def _fletcher_reeves(new, old, d, a):
    return (new @ new) / (old @ old)


def _conjugate(a, b, n_steps, beta_of=_fletcher_reeves, alpha_of=None, sign=-1.0, start=None):
    """Conjugate gradients with other formulas: beta_of(new, old residual, d, a), alpha_of(r, d, a)."""
    x = np.zeros(len(b)) if start is None else start
    r = b - a @ x
    d, points = r, [x]
    for _ in range(n_steps):
        if np.abs(r).max() > 0:
            alpha = (r @ r) / (d @ a @ d) if alpha_of is None else alpha_of(r, d, a)
            x = x + alpha * d
            new = r + sign * alpha * (a @ d)
            d, r = new + beta_of(new, r, d, a) * d, new
        points.append(x)
    return np.array(points)


conjugate_gradient.add_mistakes("""
    every step goes along the residual, at right angles to the one before: this is steepest descent;
    add `beta` times the old direction
        return _conjugate(a, b, n_steps, lambda new, old, d, a: 0.0)
    or
        x, points = np.zeros(len(b)), [np.zeros(len(b))]
        for _ in range(n_steps):
            r = b - a @ x
            if r @ r > 0:
                x = x + (r @ r) / (r @ a @ r) * r
            points.append(x)
        return np.array(points)
    `beta` is upside down: it is (r_new @ r_new) / (r @ r), and falls as the residual does
        def beta(new, old, d, a):
            return (old @ old) / (new @ new) if new @ new > 1e-20 else 0.0
        return _conjugate(a, b, n_steps, beta)
    `beta` is a ratio of squared lengths: `r @ r`, without the root
        def beta(new, old, d, a):
            return np.sqrt(_fletcher_reeves(new, old, d, a))
        return _conjugate(a, b, n_steps, beta)
    `r` was replaced before `beta` was computed, so that beta is 1: keep the old r @ r
        return _conjugate(a, b, n_steps, lambda new, old, d, a: 1.0)
    the new direction is r_new *plus* beta times the old one
        def beta(new, old, d, a):
            return -_fletcher_reeves(new, old, d, a)
        return _conjugate(a, b, n_steps, beta)
    the residual shrinks: r_new = r *minus* alpha * (a @ d)
        return _conjugate(a, b, n_steps, sign=1.0)
    `alpha` lacks the matrix: it is divided by the curvature along the direction, d @ a @ d
        return _conjugate(a, b, n_steps, alpha_of=lambda r, d, a: (r @ r) / (d @ d))
    `alpha` is divided by r @ a @ r: the step is made along d, so it is d @ a @ d
        return _conjugate(a, b, n_steps, alpha_of=lambda r, d, a: (r @ r) / (r @ a @ r))
    the first point is x = 0: this begins at b
        return _conjugate(a, b, n_steps, start=b.copy())
    the first of the points is missing: x before the first step, zeros, so n_steps + 1 rows
        return conjugate_gradient(a, b, n_steps)[1:]
    this is the last x alone: all points are asked for, one a row
        return conjugate_gradient(a, b, n_steps)[-1]
    where the residual is zero this divides 0 by 0: then there is nothing left to do, and x stays
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            alpha = (r @ r) / (d @ a @ d)
            x = x + alpha * d
            new = r - alpha * (a @ d)
            d, r = new + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    every row is the last x: `x += ...` changes the very array that was kept before; keep a copy
        points = conjugate_gradient(a, b, n_steps)
        return np.tile(points[-1], (n_steps + 1, 1))
    where the residual is zero rows are missing: x stays, and is still listed once for each step
        points = conjugate_gradient(a, b, n_steps)
        return points if b.any() else points[:1]
    the residual changes by alpha * (a @ d): this lacks `alpha`
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                x = x + (r @ r) / (d @ a @ d) * d
                new = r - a @ d
                d, r = new + _fletcher_reeves(new, r, d, a) * d, new
            points.append(x)
        return np.array(points)
    the new direction is made of the old residual: it is r_new plus `beta` times the old direction
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0 and d @ a @ d != 0:
                alpha = (r @ r) / (d @ a @ d)
                x, new = x + alpha * d, r - alpha * (a @ d)
                d, r = r + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    or
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                alpha = (r @ r) / (d @ a @ d)
                x, new = x + alpha * d, r - alpha * (a @ d)
                d, r = r + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    the new direction is r_new plus `beta` times the old residual: it is `beta` times the old
    direction
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                alpha = (r @ r) / (d @ a @ d)
                x, new = x + alpha * d, r - alpha * (a @ d)
                d, r = new + (new @ new) / (r @ r) * r, new
            points.append(x)
        return np.array(points)
    the new direction is `beta` times the residual plus the old direction: `beta` belongs to the old
    direction
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                alpha = (r @ r) / (d @ a @ d)
                x, new = x + alpha * d, r - alpha * (a @ d)
                d, r = d + (new @ new) / (r @ r) * new, new
            points.append(x)
        return np.array(points)
    the root was taken in `alpha`: it is (r @ r) / (d @ a @ d)
        return _conjugate(a, b, n_steps, alpha_of=lambda r, d, a: np.sqrt(r @ r) / (d @ a @ d))
    the steps go uphill: x_new = x plus alpha * d, where the residual is b - a @ x
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                alpha = (r @ r) / (d @ a @ d)
                x, new = x - alpha * d, r - alpha * (a @ d)
                d, r = new + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    `beta` is missing the old residual: it is (r_new @ r_new) / (r @ r)
        return _conjugate(a, b, n_steps, lambda new, old, d, a: new @ new)
    the first step is listed and the last is not: x before the first step, then x after each of them
        points = conjugate_gradient(a, b, n_steps)
        return np.array([points[0], *points[:-1]])
    only the last point is right, the others are zeros: keep x after each step
        points = conjugate_gradient(a, b, n_steps)
        points[1:-1] = 0
        return points
    the solution is returned at every step: return the points on the way
        return np.tile(np.linalg.solve(a, b), (n_steps + 1, 1))
    the matrix multiplies entry by entry (`*`): the product of matrix and vector is `@`
        x, r = np.zeros(len(b)), b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                ad = np.diag(a) * d
                alpha = (r @ r) / (d @ ad)
                x, new = x + alpha * d, r - alpha * ad
                d, r = new + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    `alpha` is a fixed number: it is (r @ r) / (d @ a @ d) in each step
        return _conjugate(a, b, n_steps, alpha_of=lambda r, d, a: 0.1)
    or
        return _conjugate(a, b, n_steps, alpha_of=lambda r, d, a: 1.0)
""")
conjugate_gradient.add_variants("""
    the residual anew from x, beta by conjugacy
        x, d = np.zeros(len(b)), None
        points = np.zeros((n_steps + 1, len(b)))
        for k in range(n_steps):
            r = b - a @ x
            if np.linalg.norm(r) > 1e-13 * np.linalg.norm(b):
                d = r if d is None else r - (r @ a @ d) / (d @ a @ d) * d
                x = x + (r @ d) / (d @ a @ d) * d
            points[k + 1] = x
        return points
    the best point of each Krylov space, by least squares
        points, basis = [np.zeros(len(b))], np.zeros((len(b), 0))
        for _ in range(n_steps):
            new = a @ basis[:, -1] if basis.size else b
            new = new - basis @ (basis.T @ new)
            new = new - basis @ (basis.T @ new)
            if np.linalg.norm(new) > 1e-9 * max(1.0, np.linalg.norm(b)):
                basis = np.column_stack([basis, new / np.linalg.norm(new)])
            if basis.shape[1]:
                weights = np.linalg.solve(basis.T @ a @ basis, basis.T @ b)
                points.append(basis @ weights)
            else:
                points.append(np.zeros(len(b)))
        return np.array(points)
    in float32, in place, a list of arrays
        a, r = a.astype(np.float32), b.astype(np.float32)
        d, x = r.copy(), np.zeros(len(b), dtype=np.float32)
        points = [x.copy()]
        for _ in range(n_steps):
            squared = np.dot(r, r)
            if squared > 0:
                ad = a @ d
                alpha = squared / np.dot(d, ad)
                x += alpha * d
                r -= alpha * ad
                d *= np.dot(r, r) / squared
                d += r
            points.append(x.copy())
        return points
""")


@judge(reference.polak_ribiere, points=1, returns=("beta",))
def polak_ribiere(rng):
    def pair(n, low, high):
        """Two gradients with a beta between the bounds, no product of them near zero."""
        while True:
            grad, new = _away_from_zero(rng, n), _away_from_zero(rng, n)
            beta = new @ (new - grad) / (grad @ grad)
            if low < beta < high and abs(new @ grad) > 0.5:
                return {"grad": grad, "grad_new": new}

    yield Call("beta is positive", **pair(4, 0.3, 3.0))
    yield Call("beta is larger than 1", **pair(3, 1.2, 9.0))
    yield Call("one entry", grad=-rng.uniform([1.0], [2.0]), grad_new=rng.uniform([1.0], [2.0]))
    close = pair(5, -0.5, -0.1)
    yield Call("the formula would be negative", **close)
    long = _away_from_zero(rng, 6)
    across = _away_from_zero(rng, 6)
    across -= (across @ long) / (long @ long) * long
    yield Call("the new gradient is at right angles to the old", grad=long, grad_new=2 * across)


polak_ribiere.add_mistakes("""
    a negative beta must be replaced by 0: then the search begins anew
        return grad_new @ (grad_new - grad) / (grad @ grad)
    this is the formula of Fletcher and Reeves: here the new gradient is multiplied by the *change*,
    grad_new - grad
        return grad_new @ grad_new / (grad @ grad)
    divide by the old gradient's square, not by the new one's
        return max(0.0, grad_new @ (grad_new - grad) / (grad_new @ grad_new))
    the change is grad_new - grad, the new minus the old
        return max(0.0, grad_new @ (grad - grad_new) / (grad @ grad))
    the absolute value is taken: a negative beta becomes 0
        return abs(grad_new @ (grad_new - grad) / (grad @ grad))
    the larger of the two is meant: `max(0, beta)`, not `min`
        return min(0.0, grad_new @ (grad_new - grad) / (grad @ grad))
    the square of the length is meant: `grad @ grad`, without the root
        return max(0.0, grad_new @ (grad_new - grad) / np.linalg.norm(grad))
    the change stands only above the line: divide by grad @ grad
        change = grad_new - grad
        return max(0.0, grad_new @ change / (change @ change))
    beta is 0 in every case: is the old gradient multiplied by the change? It is the new one
        return max(0.0, grad @ (grad_new - grad) / (grad @ grad))
    the two gradients have changed places
        return max(0.0, grad @ (grad - grad_new) / (grad_new @ grad_new))
    this is the formula of Fletcher and Reeves, cut at 0: here the new gradient is multiplied by the
    *change*, grad_new - grad
        return max(0.0, grad @ grad / (grad_new @ grad_new))
    a negative beta is replaced by 0, a large one by 1: only the negative ones are
        return min(1.0, max(0.0, grad_new @ (grad_new - grad) / (grad @ grad)))
    this is the formula of Hestenes and Stiefel: the denominator is grad @ grad
        return max(0.0, grad_new @ (grad_new - grad) / (grad @ (grad_new - grad)))
    this divides by the new gradient's square, and a negative beta is kept: divide by grad @ grad,
    and replace a negative one by 0
        return grad_new @ (grad_new - grad) / (grad_new @ grad_new)
    the change is the old gradient minus the new, and a negative beta is kept: it is grad_new - grad
        return grad_new @ (grad - grad_new) / (grad @ grad)
    the two gradients are added: the change is grad_new - grad
        return max(0.0, grad_new @ (grad_new + grad) / (grad @ grad))
    the denominator is missing: divide by grad @ grad
        return max(0.0, grad_new @ (grad_new - grad))
    beta is a vector here, entry by entry: the products are of vectors, `@`, and beta is one number
        return np.maximum(grad_new * (grad_new - grad) / grad**2, 0)
    the change is multiplied by itself: the new gradient is multiplied by the change
        return max(0.0, (grad_new - grad) @ (grad_new - grad) / (grad @ grad))
    the root of the quotient was taken: beta is the quotient itself
        return np.sqrt(max(0.0, grad_new @ (grad_new - grad) / (grad @ grad)))
    the sign of beta is wrong: it is the new gradient times the change, divided by grad @ grad, or 0
        return min(0.0, -(grad_new @ (grad_new - grad)) / (grad @ grad))
""")
polak_ribiere.add_variants("""
    a loop
        above = below = 0.0
        for old, new in zip(grad, grad_new, strict=True):
            above += new * (new - old)
            below += old * old
        return above / below if above > 0 else 0
    multiplied out, a NumPy scalar in float32
        grad, new = grad.astype(np.float32), grad_new.astype(np.float32)
        return np.maximum((np.sum(new**2) - np.sum(new * grad)) / np.sum(grad**2), 0)
""")


def _pair(rng, n):
    """A step and the change of the gradient that a positive definite Hessian makes of it."""
    step = _away_from_zero(rng, n)
    return step, _positive_definite(rng, n) @ step


@judge(reference.bfgs_update, points=3, returns=("inverse",))
def bfgs_update(rng):
    for label, n in (("two parameters", 2), ("three parameters", 3), ("five parameters", 5)):
        step, change = _pair(rng, n)
        yield Call(label, inverse=_positive_definite(rng, n), step=step, change=change)
    step, change = _pair(rng, 3)
    yield Call("from a multiple of the identity", inverse=2.5 * np.eye(3), step=step, change=change)
    step, change = _pair(rng, 4)
    inverse = _positive_definite(rng, 4)
    yield Call("negative curvature along the step", inverse=inverse, step=step, change=-change)
    one = rng.uniform(0.5, 2.0, size=(3, 1))
    yield Call("one parameter", inverse=one[:1], step=one[1], change=one[2])


def _bfgs(inverse, step, change):
    rho = 1 / (change @ step)
    left = np.eye(len(step)) - rho * np.outer(step, change)
    return left @ inverse @ left.T + rho * np.outer(step, step)


bfgs_update.add_mistakes("""
    where change @ step is negative the inverse must stay as it is: the update would make it
    indefinite
        return _bfgs(inverse, step, change)
    the two factors have changed sides: (I - rho * s y^T) stands on the left and its transpose on
    the right
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.outer(change, step)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    `step` and `change` have changed places: this is the update of the Hessian, here it is its
    inverse
        if change @ step <= 0:
            return inverse.copy()
        return _bfgs(inverse, change, step)
    the last term is missing: without rho * s s^T the inverse is singular along the step
        if change @ step <= 0:
            return inverse.copy()
        return _bfgs(inverse, step, change) - np.outer(step, step) / (change @ step)
    or
        if step @ change <= 0:
            return inverse.copy()
        rho, z = 1 / (step @ change), inverse @ change
        return inverse - rho * (np.outer(z, step) + np.outer(step, z)) + rho**2 * (change @ z) * np.outer(step, step)
    the last term lacks the factor rho
        if change @ step <= 0:
            return inverse.copy()
        missing = (1 - 1 / (change @ step)) * np.outer(step, step)
        return _bfgs(inverse, step, change) + missing
    rho is 1 / (change @ step), not change @ step
        if change @ step <= 0:
            return inverse.copy()
        rho = change @ step
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    the same factor stands on both sides: on the right it is the transpose, I - rho * y s^T
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left + rho * np.outer(step, step)
    the three matrices are multiplied entry by entry (`*`): use `@`
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left * inverse * left.T + rho * np.outer(step, step)
    this is the formula of Davidon, Fletcher and Powell: it fulfils the secant equation too, but it
    is another update
        if change @ step <= 0:
            return inverse.copy()
        hy = inverse @ change
        return inverse - np.outer(hy, hy) / (change @ hy) + np.outer(step, step) / (change @ step)
    this is the symmetric update of rank one (SR1): BFGS changes the inverse by a matrix of rank two
        if change @ step <= 0:
            return inverse.copy()
        rest = step - inverse @ change
        return inverse + np.outer(rest, rest) / (rest @ change)
    this is the update of the Hessian (equation 6.19 of Nocedal and Wright), applied to the inverse
        if change @ step <= 0:
            return inverse.copy()
        bs = inverse @ step
        return inverse - np.outer(bs, bs) / (step @ bs) + np.outer(change, change) / (change @ step)
    where the curvature is negative this starts again from the identity: leave the inverse as it is
        return _bfgs(inverse, step, change) if change @ step > 0 else np.eye(len(step))
    `np.dot(step, change)` of two vectors is a number: s y^T is the matrix `np.outer(step, change)`
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.dot(step, change)
        return left @ inverse @ left.T + rho * np.dot(step, step)
    the last term is subtracted: it is added
        if change @ step <= 0:
            return inverse.copy()
        return _bfgs(inverse, step, change) - 2 * np.outer(step, step) / (change @ step)
    the last term has `change` in it: it is rho * s s^T, of the steps
        if change @ step <= 0:
            return inverse.copy()
        last = np.outer(change, change) - np.outer(step, step)
        return _bfgs(inverse, step, change) + last / (change @ step)
    rho is 1 / (step @ step): it is 1 / (change @ step)
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (step @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    rho is 1 / (change @ change): it is 1 / (change @ step)
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ change)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    the factors have a plus: it is I - rho * s y^T on either side
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) + rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    the factor on the right is missing: (I - rho * s y^T) stands on the left, and its transpose on
    the right
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse + rho * np.outer(step, step)
    or
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return inverse @ left.T + rho * np.outer(step, step)
    the update is added to the old inverse: it takes its place
        if change @ step <= 0:
            return inverse.copy()
        return inverse + _bfgs(inverse, step, change)
    the inverse is left as it was: it is updated where change @ step is positive
        return inverse.copy()
    where the curvature is positive nothing is changed, and where it is negative it is: the test is
    the wrong way round
        return inverse.copy() if change @ step > 0 else _bfgs(inverse, step, change)
    multiplied out, the term with rho**2 is lost: it is rho**2 * (change @ inverse @ change) * s s^T
        if step @ change <= 0:
            return inverse.copy()
        rho, z = 1 / (step @ change), inverse @ change
        return inverse - rho * (np.outer(z, step) + np.outer(step, z)) + rho * np.outer(step, step)
    multiplied out, the term with (change @ inverse @ change) has rho in place of rho**2
        if step @ change <= 0:
            return inverse.copy()
        rho, z = 1 / (step @ change), inverse @ change
        return inverse - rho * (np.outer(z, step) + np.outer(step, z)) + rho * (1 + change @ z) * np.outer(step, step)
    multiplied out, one of the two mixed terms is missing: both are subtracted, one the transpose of
    the other
        if step @ change <= 0:
            return inverse.copy()
        rho, z = 1 / (step @ change), inverse @ change
        return inverse - rho * np.outer(z, step) + (rho + rho**2 * (change @ z)) * np.outer(step, step)
    or
        if step @ change <= 0:
            return inverse.copy()
        rho, z = 1 / (step @ change), inverse @ change
        return inverse - rho * np.outer(step, z) + (rho + rho**2 * (change @ z)) * np.outer(step, step)
    the absolute value of the curvature is taken: where it is negative the inverse stays as it is
        rho = 1 / abs(change @ step)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    the matrix is multiplied by `step` where `change` is meant: the mixed terms hold inverse @
    change
        hy = inverse @ change -> hy = inverse @ step
    one of the two mixed terms is added: both are subtracted
        - cross.T -> + cross.T
""")
bfgs_update.add_variants("""
    the product as it stands, with columns
        if change @ step <= 0:
            return inverse.copy()
        s, y = step[:, None], change[:, None]
        rho = 1 / (y.T @ s).item()
        identity = np.identity(len(s))
        return (identity - rho * s @ y.T) @ inverse @ (identity - rho * y @ s.T) + rho * s @ s.T
    the inverse of the updated Hessian
        if step @ change <= 0:
            return np.array(inverse)
        hessian = np.linalg.inv(inverse)
        bs = hessian @ step
        hessian = (
            hessian - np.outer(bs, bs) / (step @ bs) + np.outer(change, change) / (step @ change)
        )
        return np.linalg.inv(hessian)
    entry by entry, multiplied out, in float32
        inverse, s, y = (np.float32(array) for array in (inverse, step, change))
        n, sy = len(s), np.einsum("i,i", s, y)
        result = inverse.copy()
        if sy > 0:
            hy = np.einsum("ij,j->i", inverse, y)
            yhy = np.einsum("i,i", y, hy)
            for i in range(n):
                for j in range(n):
                    result[i, j] += (sy + yhy) * s[i] * s[j] / sy**2
                    result[i, j] -= (hy[i] * s[j] + s[i] * hy[j]) / sy
        return result
""")


def _starts(rng, most):
    """The cases of a minimiser: a problem, a start, tol, and max_iterations by `most`."""
    for label, name, spread, tol in (
        ("a long valley", "tilted bowl", 3.0, 1e-6),
        ("Rosenbrock", "rosenbrock", 2.0, 1e-3),
        ("five variables", "long rosenbrock", 1.5, 1e-3),
        ("an ill-conditioned quadratic", "ill-conditioned", 2.0, 1e-6),
        ("a start that is far away", "ill-conditioned", 300.0, 1e-3),
        ("logistic regression", "logistic", 3.0, 1e-5),
        ("two wells, from the hill between them", "two wells", 0.4, 1e-4),
    ):
        theta = rng.uniform(-spread, spread, size=len(problems.get(name).start))
        yield Call(label, **_functions(name), theta=theta, tol=tol, max_iterations=most[name])
    for label, count in (("one iteration and no more", 1), ("three iterations and no more", 3)):
        theta = rng.uniform([-2.0, 2.0], [-1.0, 3.0])
        given = _functions("rosenbrock") | {"theta": theta, "tol": 1e-3}
        yield Call(label, **given, max_iterations=count)
    given = _functions("logistic") | {"tol": 0.1, "max_iterations": 50}
    near = 0.01 * _away_from_zero(rng, 4)
    yield Call("the start is good enough", **given, theta=problems.get("logistic").minimum + near)
    given = _functions("bowl") | {"tol": 1e-6, "max_iterations": 50}
    yield Call("the start is the minimum", **given, theta=1e-12 * _away_from_zero(rng, 2))


# Several times what right answers need, and far less than gradient descent does.
BFGS_MOST = {
    "tilted bowl": 40,
    "rosenbrock": 90,
    "long rosenbrock": 95,
    "ill-conditioned": 150,
    "logistic": 60,
    "two wells": 60,
}


@judge(reference.bfgs, points=4, returns=("theta", "iterations"), compare_as=quantities.minimum)
def bfgs(rng):
    yield from _starts(rng, BFGS_MOST)


def _halving(f, gradient, theta, grad, direction):
    """A strong Wolfe step by a bracket and halving."""
    return _bisect(f, gradient, theta, direction)


def _first_shorter(f, gradient, theta, grad, direction):
    """Backtracking; from a steep start gradient descent begins with a short step."""
    return reference.backtracking(f, theta, grad, direction)


def _full_step(f, gradient, theta, grad, direction):
    return 1.0


def _is_small(grad, tol, fall):
    return np.abs(grad).max() <= tol


def _dense(
    search, f, gradient, theta, tol, max_iterations, *,
    small=_is_small, update=True, look_first=True,
):  # fmt: skip
    """BFGS with another line search, or with one thing wrong."""
    inverse, fall = None, np.inf
    grad = gradient(theta)
    for iteration in range(max_iterations):
        if small(grad, tol, fall) and (iteration or look_first):
            return theta, iteration
        direction = -grad if inverse is None else -inverse @ grad
        step = search(f, gradient, theta, grad, direction) * direction
        new = gradient(theta + step)
        change = new - grad
        if update and change @ step > 0:
            if inverse is None:
                inverse = (change @ step) / (change @ change) * np.eye(len(theta))
            inverse = _bfgs(inverse, step, change)
        fall = f(theta) - f(theta + step)
        theta, grad = theta + step, new
    return theta, max_iterations


bfgs.add_mistakes("""
    this needs as many iterations as gradient descent: does the inverse change after each step, with
    s the step made and y the new gradient minus the old, and is the direction -M @ gradient?
        return _dense(_first_shorter, f, gradient, theta, tol, max_iterations, update=False)
    full steps are made: without a line search the loss may rise, and the method get lost where the
    loss is no quadratic
        return _dense(_full_step, f, gradient, theta, tol, max_iterations)
    it stops when f falls by less than `tol`: the test is about the gradient, no entry of which may
    be larger
        def small(grad, tol, fall):
            return fall < tol or np.abs(grad).max() < 1e-10
        return _dense(_halving, f, gradient, theta, tol, max_iterations, small=small)
    `tol` is ignored: it stops when no entry of the gradient is larger than `tol`
        return _dense(_halving, f, gradient, theta, 1e-6, max_iterations)
    `max_iterations` is ignored: after that many steps it returns
        return _dense(_halving, f, gradient, theta, tol, 1000)
    a step is made before the gradient is tested: where the start is good enough, no iteration is
    needed
        return _dense(_halving, f, gradient, theta, tol, max_iterations, look_first=False)
    the start is returned: replace theta by theta + s in every iteration
        return theta, bfgs(f, gradient, theta, tol, max_iterations)[1]
""")
bfgs.add_variants("""
    a strong Wolfe step by halving
        return _dense(_halving, f, gradient, theta, tol, max_iterations)
    backtracking, the update left out where the curvature is not positive
        return _dense(_first_shorter, f, gradient, theta, tol, max_iterations)
    the Hessian approximated, and solved with; a list
        hessian, iterations = None, 0
        while np.linalg.norm(gradient(theta), np.inf) > tol and iterations < max_iterations:
            grad = gradient(theta)
            direction = -grad if hessian is None else -np.linalg.solve(hessian, grad)
            step = _bisect(f, gradient, theta, direction, c2=0.5) * direction
            change = gradient(theta + step) - grad
            if step @ change > 0:
                if hessian is None:
                    hessian = (change @ change) / (step @ change) * np.eye(len(theta))
                bs = hessian @ step
                hessian = hessian - np.outer(bs, bs) / (step @ bs)
                hessian = hessian + np.outer(change, change) / (step @ change)
            theta = theta + step
            iterations += 1
        return [theta, iterations]
""")


@judge(reference.lbfgs_direction, points=4, returns=("direction",))
def lbfgs_direction(rng):
    for label, n, m in (
        ("no pair yet", 3, 0),
        ("one pair", 3, 1),
        ("two pairs", 4, 2),
        ("five pairs of five entries", 5, 5),
        ("more pairs than entries", 2, 4),
        ("few pairs of many entries", 12, 3),
    ):
        hessian = _positive_definite(rng, n)
        steps = np.reshape([_away_from_zero(rng, n) for _ in range(m)], (m, n))
        grad = _away_from_zero(rng, n)
        yield Call(label, grad=grad, steps=steps, changes=steps @ hessian)
    pairs = [_pair(rng, 4) for _ in range(3)]
    lists = {"steps": [step for step, _ in pairs], "changes": [change for _, change in pairs]}
    yield Call("lists, from a loss that is no quadratic", grad=_away_from_zero(rng, 4), **lists)


def _newest_scale(steps, changes):
    return (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])


def _dense_direction(grad, steps, changes):
    """The direction by the dense matrix."""
    inverse = np.eye(len(grad))
    if len(steps):
        inverse = inverse * _newest_scale(steps, changes)
    for s, y in zip(steps, changes, strict=True):
        inverse = _bfgs(inverse, s, y)
    return -inverse @ grad


def _two_loops(
    grad, steps, changes, *,
    first=reversed,
    second=iter,
    scale=_newest_scale,
    sign=-1.0,
    weight=lambda s, y, q: (s @ q) / (y @ s),
    add=lambda weight, beta, s, y: (weight - beta) * s,
):  # fmt: skip
    """The recursion with other orders of its loops, another first matrix, sign, weight, or sum."""
    q, weights = grad.copy(), {}
    for i in first(range(len(steps))):
        weights[i] = weight(steps[i], changes[i], q)
        q = q - weights[i] * changes[i]
    if len(steps):
        q = q * scale(steps, changes)
    for i in second(range(len(steps))):
        beta = (changes[i] @ q) / (changes[i] @ steps[i])
        q = q + add(weights[i], beta, steps[i], changes[i])
    return sign * q


lbfgs_direction.add_mistakes("""
    the sign is missing: the direction goes downhill, it is -M @ grad
        return _two_loops(grad, steps, changes, sign=1.0)
    the first loop runs from the oldest pair to the newest: it must begin with the newest
        return _two_loops(grad, steps, changes, first=iter)
    the second loop runs from the newest pair to the oldest: it must begin with the oldest
        return _two_loops(grad, steps, changes, second=reversed)
    both loops run the wrong way: first newest to oldest, then oldest to newest
        return _two_loops(grad, steps, changes, first=iter, second=reversed)
    between the loops q must be multiplied by (s @ y) / (y @ y) of the newest pair
        return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0)
    the scale between the loops is upside down: (s @ y) / (y @ y), since it stands for the inverse
    Hessian
        def scale(steps, changes):
            return 1 / _newest_scale(steps, changes)
        return _two_loops(grad, steps, changes, scale=scale)
    the scale is that of the oldest pair: take the newest, the last of the lists
        def scale(steps, changes):
            return _newest_scale(steps[:1], changes[:1])
        return _two_loops(grad, steps, changes, scale=scale)
    the scale is (s @ s) / (s @ y): it stands for the inverse Hessian too, but here it is (s @ y) /
    (y @ y)
        def scale(steps, changes):
            return (steps[-1] @ steps[-1]) / (steps[-1] @ changes[-1])
        return _two_loops(grad, steps, changes, scale=scale)
    in the first loop the weight is (s @ q) / (y @ s): this takes y @ q
        return _two_loops(grad, steps, changes, weight=lambda s, y, q: (y @ q) / (y @ s))
    the weight lacks its denominator: it is (s @ q) / (y @ s)
        return _two_loops(grad, steps, changes, weight=lambda s, y, q: s @ q)
    the second loop adds (weight - beta) * s: here the sign is turned round
        return _two_loops(grad, steps, changes, add=lambda weight, beta, s, y: (beta - weight) * s)
    the second loop adds a multiple of s, the step: this adds one of y
        return _two_loops(grad, steps, changes, add=lambda weight, beta, s, y: (weight - beta) * y)
    in the second loop beta is missing: it adds (weight - beta) * s
        return _two_loops(grad, steps, changes, add=lambda weight, beta, s, y: weight * s)
    the second loop is missing: it adds (weight - beta) * s, oldest pair first
        q = grad.copy()
        for s, y in zip(reversed(steps), reversed(changes), strict=True):
            q = q - (s @ q) / (y @ s) * y
        return -q * (_newest_scale(steps, changes) if len(steps) else 1.0)
    in the second loop beta is (y @ q) / (y @ s): this takes s @ q
        q, weights = grad.copy(), []
        for s, y in zip(reversed(steps), reversed(changes), strict=True):
            weights.append((s @ q) / (y @ s))
            q = q - weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes, strict=True):
            q = q + (weights.pop() - (s @ q) / (y @ s)) * s
        return -q
    the weights are used in the order in which they were made: the second loop runs the other way,
    so the last one comes first
        q, weights = grad.copy(), []
        for s, y in zip(reversed(steps), reversed(changes), strict=True):
            weights.append((s @ q) / (y @ s))
            q = q - weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y, weight in zip(steps, changes, weights, strict=True):
            q = q + (weight - (y @ q) / (y @ s)) * s
        return -q
    only the newest pair is used: all of them are
        return _two_loops(grad, steps[-1:], changes[-1:])
    steps and changes have changed places
        return _two_loops(grad, changes, steps)
    the newest pair is not used: all that are given are
        pairs = len(steps) - 1
        return _two_loops(grad, steps[: max(pairs, 0)], changes[: max(pairs, 0)])
    the oldest pair is not used: all that are given are
        return _two_loops(grad, steps[1:], changes[1:])
    the weights of the first loop are missing in the second: it adds (weight - beta) * s
        def add(weight, beta, s, y):
            return -beta * s
        return _two_loops(grad, steps, changes, add=add)
    in the first loop q loses a multiple of s: it loses weight * y
        q, weights = np.array(grad, dtype=float), []
        for s, y in zip(reversed(steps), reversed(changes)):
            weights.append((s @ q) / (y @ s))
            q = q - weights[-1] * s
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes):
            q = q + (weights.pop() - (y @ q) / (y @ s)) * s
        return -q
    in the first loop the weights are added: q loses weight * y
        q, weights = np.array(grad, dtype=float), []
        for s, y in zip(reversed(steps), reversed(changes)):
            weights.append((s @ q) / (y @ s))
            q = q + weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes):
            q = q + (weights.pop() - (y @ q) / (y @ s)) * s
        return -q
    all weights are those of the gradient itself: in the first loop q changes from pair to pair
        q, weights = np.array(grad, dtype=float), []
        for s, y in zip(reversed(steps), reversed(changes)):
            weights.append((s @ grad) / (y @ s))
            q = q - weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes):
            q = q + (weights.pop() - (y @ q) / (y @ s)) * s
        return -q
    the scale lacks s @ y: it is (s @ y) / (y @ y)
        return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1 / (changes[-1] @ changes[-1]))
    the scale lacks its denominator: it is (s @ y) / (y @ y)
        return _two_loops(grad, steps, changes, scale=lambda steps, changes: steps[-1] @ changes[-1])
    the scale multiplies at the end: it stands between the loops
        q = _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0)
        return q * (_newest_scale(steps, changes) if len(steps) else 1.0)
    the sign is missing and so is the scale: the direction is -M @ grad, and between the loops q is
    multiplied by (s @ y) / (y @ y)
        return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0, sign=1.0)
    this is gradient descent, the pairs are not used
        return -np.asarray(grad)
    in the second loop the weight is added without its beta being subtracted, and the scale is
    missing: add (weight - beta) * s, after q was scaled
        return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0, add=lambda weight, beta, s, y: weight * s)
    the weight lacks its denominator in both loops: rho is 1 / (y @ s)
        q, weights = np.array(grad, dtype=float), []
        for s, y in zip(reversed(steps), reversed(changes)):
            weights.append(s @ q)
            q = q - weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes):
            q = q + (weights.pop() - y @ q) * s
        return -q
    rho is y @ s: it is 1 divided by that
        q, weights = np.array(grad, dtype=float), []
        for s, y in zip(reversed(steps), reversed(changes)):
            weights.append((s @ q) * (y @ s))
            q = q - weights[-1] * y
        if len(steps):
            q = q * _newest_scale(steps, changes)
        for s, y in zip(steps, changes):
            q = q + (weights.pop() - (y @ q) * (y @ s)) * s
        return -q
    the second loop runs over the pairs from the newest to the oldest, with the weights of the
    others: oldest pair first, each with its own weight
        for s, y, sy in zip(steps, changes, curvatures, strict=True): -> for s, y, sy in zip(steps[::-1], changes[::-1], curvatures[::-1], strict=True):
""")
lbfgs_direction.add_variants("""
    by the dense matrix
        return _dense_direction(grad, steps, changes)
    recursive: M_k from M_(k-1)
        steps, changes = list(steps), list(changes)
        scale = _newest_scale(steps, changes) if steps else 1.0
        def product(v, k):
            if k == 0:
                return scale * v
            s, y = steps[k - 1], changes[k - 1]
            rho = 1 / np.dot(y, s)
            inner = product(v - rho * np.dot(s, v) * y, k - 1)
            return inner - rho * np.dot(y, inner) * s + rho * np.dot(s, v) * s
        return product(-grad, len(steps))
    in float32, by index, in place
        s, y = (np.asarray(a, dtype=np.float32).reshape(-1, len(grad)) for a in (steps, changes))
        q, m = -grad.astype(np.float32), len(s)
        rho, weights = [1 / (s[i] @ y[i]) for i in range(m)], [0.0] * m
        for i in range(m - 1, -1, -1):
            weights[i] = rho[i] * (s[i] @ q)
            q -= weights[i] * y[i]
        if m:
            q *= (s[m - 1] @ y[m - 1]) / np.sum(y[m - 1] ** 2)
        for i in range(m):
            q += s[i] * (weights[i] - rho[i] * (y[i] @ q))
        return q
""")


# With one pair alone it takes 240 or more, with eight at most 145.
LBFGS_MOST = BFGS_MOST | {"ill-conditioned": 220}


@judge(reference.lbfgs, points=3, returns=("theta", "iterations"), compare_as=quantities.minimum)
def lbfgs(rng):
    for call in _starts(rng, LBFGS_MOST):
        call.arguments["memory"] = 5 if "logistic" in call.arguments["f"].name else 8
        yield call


def _limited(
    search, f, gradient, theta, memory, tol, max_iterations, *,
    small=_is_small, keep=lambda pairs, memory: pairs[-memory:], look_first=True,
):  # fmt: skip
    """L-BFGS with another line search, or with one thing wrong; keep(pairs, memory) are those kept."""
    pairs, fall = [], np.inf
    grad = gradient(theta)
    for iteration in range(max_iterations):
        if small(grad, tol, fall) and (iteration or look_first):
            return theta, iteration
        direction = _two_loops(grad, *zip(*pairs, strict=True)) if pairs else -grad
        step = search(f, gradient, theta, grad, direction) * direction
        new = gradient(theta + step)
        if (new - grad) @ step > 0:
            pairs = keep([*pairs, (step, new - grad)], memory)
        fall = f(theta) - f(theta + step)
        theta, grad = theta + step, new
    return theta, max_iterations


lbfgs.add_mistakes("""
    this needs as many iterations as gradient descent: are the pairs (s, y) kept, with y the new
    gradient minus the old, and is the direction that of the two loops?
        def keep(pairs, memory):
            return []
        return _limited(_first_shorter, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    only the newest pair is kept: append it to those before, up to `memory` pairs
        return _limited(_first_shorter, f, gradient, theta, 1, tol, max_iterations)
    the oldest pairs are kept: drop the oldest when there are more than `memory`, and keep the
    newest
        def keep(pairs, memory):
            return pairs[:memory]
        return _limited(_first_shorter, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    full steps are made: without a line search the loss may rise, and the method get lost where the
    loss is no quadratic
        return _limited(_full_step, f, gradient, theta, memory, tol, max_iterations)
    it stops when f falls by less than `tol`: the test is about the gradient, no entry of which may
    be larger
        def small(grad, tol, fall):
            return fall < tol or np.abs(grad).max() < 1e-10
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, small=small)
    `tol` is ignored: it stops when no entry of the gradient is larger than `tol`
        return _limited(_halving, f, gradient, theta, memory, 1e-6, max_iterations)
    `max_iterations` is ignored: after that many steps it returns
        return _limited(_halving, f, gradient, theta, memory, tol, 1000)
    a step is made before the gradient is tested: where the start is good enough, no iteration is
    needed
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, look_first=False)
    the start is returned: replace theta by theta + s in every iteration
        return theta, lbfgs(f, gradient, theta, memory, tol, max_iterations)[1]
""")
lbfgs.add_variants("""
    a strong Wolfe step by halving
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations)
    backtracking, the pair left out where the curvature is not positive
        return _limited(_first_shorter, f, gradient, theta, memory, tol, max_iterations)
    a dense matrix made of the newest pairs each time; a list
        steps, changes, iterations = [], [], 0
        while max(abs(gradient(theta))) > tol and iterations < max_iterations:
            direction = _dense_direction(gradient(theta), steps, changes)
            alpha = wolfe_line_search(f, gradient, theta, direction)
            new = theta + alpha * direction
            steps.append(new - theta)
            changes.append(gradient(new) - gradient(theta))
            if len(steps) > memory:
                del steps[0], changes[0]
            theta, iterations = new, iterations + 1
        return [theta, iterations]
""")

lbfgs_for_a_network = Written(
    "lbfgs-for-a-network",
    points=5,
    rubric="""\
- 1 point: memory: two vectors a pair, so 2 m n numbers beside theta; for ten pairs 1e9 numbers (4 GB in float32), against Adam's two vectors (1e8 numbers).
- 1 point: the pairs: y is a difference of two noisy gradients; with two batches it holds the noise of both, and it is divided by when the direction is made.
- 1 point: why it gets worse: the signal H s shrinks with the step (and near a minimum), the noise of a batch does not. And the line search compares losses of different examples, or follows one batch.
- 1 point: where the choice is right: exact gradients, that is a small problem or the whole batch; smooth loss; many digits wanted. (Superlinear convergence is a claim about BFGS with exact gradients near a minimum; L-BFGS converges linearly: no point is lost for not knowing this.)
- 1 point: an experiment that decides: for instance the noise in y against H s at a few step lengths, the share of pairs with y @ s < 0, or loss against passes through the data beside Adam, each with a tuned step.""",
)

newton_at_a_saddle = Written(
    "newton-at-a-saddle",
    points=4,
    rubric="""\
- 1 point: Newton's step is (-1/4, -1/(-1)) = (-0.25, 1); the slope along it is -0.25 + 1 = 0.75: uphill.
- 1 point: with damping 3 the step is (-1/7, -1/2); the slope along it is -1/7 - 1/2 = -9/14: downhill.
- 1 point: why: with damping above 1 both eigenvalues 4 + damping and -1 + damping are positive, so that the slope -g (H + damping I)^(-1) g is negative for every gradient; with 0.5 the second is -0.5 still, and the step climbs along it (slope -1/4.5 + 2 = 16/9, uphill).
- 1 point: for a very large damping the step is nearly -g / damping, a short step of gradient descent.""",
)
