"""How the exercises of the chapter on Newton's method are judged.

Points and matrices are drawn anew at every seed; where a line search decides by a comparison, the cases
keep away from the bound, so that a rounding cannot turn it, or lie on it in numbers that do not round.
"""

import numpy as np

from gradus import problems, values
from gradus.authoring import Call, Written, judge
from gradus.values import Problem
from solutions import newton as reference
from solutions import quantities


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


@judge(reference.newton_step, points=1, returns=("theta",))
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


@judge(
    reference.safe_direction,
    points=2,
    returns=("direction",),
    repair="this looks at the diagonal: its entries may all be positive where an eigenvalue is not",
)
def safe_direction(rng):
    def given(eigenvalues):
        return {"grad": _away_from_zero(rng, len(eigenvalues)), "hessian": _turned(rng, np.array(eigenvalues))}

    def turned(eigenvalues, fits):
        """A Hessian of these eigenvalues with a diagonal that fits."""
        while True:
            case = given(eigenvalues)
            if fits(np.diag(case["hessian"])):
                return case

    low = -rng.uniform(0.5, 1.0)
    far = rng.uniform(2.5, 4.0)
    yield Call("positive definite", **given(rng.uniform([0.4, 1.0, 2.0], [0.8, 1.8, 3.0])))
    flat = rng.uniform(0.05, 0.1)
    yield Call("positive definite, and flat one way", **given([flat, 1.0 + flat, 3.0]))
    flatter = rng.uniform(0.01, 0.03)
    yield Call("positive definite, and flatter", **given([flatter, 0.5, 1.0 + flat]))
    # On a diagonal a zero is exact.
    level = rng.permutation([0.0, *rng.uniform(0.5, 2.0, size=2)])
    yield Call("level one way", grad=_away_from_zero(rng, 3), hessian=np.diag(level))
    yield Call("one parameter", grad=_away_from_zero(rng, 1), hessian=np.array([[rng.uniform(0.5, 2.0)]]))
    # The determinant is positive in both, and so is the trace.
    two = [low - 0.2, low, far + 2.0]
    yield Call("two ways down, with a positive diagonal", 2.5, **turned(two, lambda d: d.min() > 0.2))
    yield Call("the same with a way up more", 2.5, **turned([*two, far], lambda d: d.min() > 0.2))
    slight = -rng.uniform(0.02, 0.08)
    yield Call("a saddle, hardly downwards, with a positive diagonal", **turned([slight, far], lambda d: d.min() > 0.2))
    yield Call("a negative entry on the diagonal", **turned([low, far], lambda d: low + 0.2 < d.min() < -0.1))
    yield Call("a saddle that bends down more than up", **given([low - 1.0, 0.3 - low / 2]))
    yield Call("a hilltop", **given([low - 1.0, low]))


safe_direction.add_mistakes("""
    this looks at the diagonal: its entries may all be positive where an eigenvalue is not
        lowest = np.linalg.eigvalsh(hessian)[0] -> lowest = np.min(np.diag(hessian))
    the eigenvalues decide whether to damp, but the diagonal still says how much
        0.1 - 2 * lowest -> 0.1 - 2 * np.min(np.diag(hessian))
    or
        0.1 - 2 * lowest -> 0.1 + 2 * abs(np.min(np.diag(hessian)))
    the diagonal still decides whether to damp, the eigenvalues only how much
        if lowest > 0 -> if np.min(np.diag(hessian)) > 0
    the determinant is no test: it is positive, too, where two eigenvalues are negative
        if lowest > 0 -> if np.linalg.det(hessian) > 0
    the trace is no test: it is positive where one eigenvalue is negative and others are larger
        if lowest > 0 -> if np.trace(hessian) > 0
    the sum of the entries in the smallest row is no eigenvalue
        np.linalg.eigvalsh(hessian)[0] -> np.min(hessian.sum(axis=1))
    the smallest entry of the Hessian is no eigenvalue
        np.linalg.eigvalsh(hessian)[0] -> np.min(hessian)
    Gershgorin's bound is below the smallest eigenvalue: this damps more than is asked for, or where
    nothing is to be damped
        np.linalg.eigvalsh(hessian)[0] -> np.min(2 * np.diag(hessian) - np.abs(hessian).sum(axis=1))
    the largest eigenvalue decides: it is the smallest that must be positive
        np.linalg.eigvalsh(hessian)[0] -> np.linalg.eigvalsh(hessian)[-1]
    the eigenvalue of least absolute value is taken: it is the smallest, with its sign
        lowest = np.linalg.eigvalsh(hessian)[0] -> every = np.linalg.eigvalsh(hessian); lowest = every[np.argmin(np.abs(every))]
    the damping is always there: a positive definite Hessian is not damped
        0.0 if lowest > 0 else 0.1 - 2 * lowest -> 0.1 + 2 * abs(lowest)
    or
        0.0 if lowest > 0 else 0.1 - 2 * lowest -> 0.1 - 2 * lowest
    a positive definite Hessian is damped where its smallest eigenvalue is small: only its sign decides
        0.0 if lowest > 0 else 0.1 - 2 * lowest -> max(0.0, 0.1 - 2 * lowest)
    or
        if lowest > 0 -> if lowest > 0.05
    or
        if lowest > 0 -> if lowest > 0.1
    where the smallest eigenvalue is 0 nothing is damped, and there is no solution: 0 is not positive
        if lowest > 0 -> if lowest >= 0
    nothing is damped: where an eigenvalue is negative the step may go uphill
        0.0 if lowest > 0 else 0.1 - 2 * lowest -> 0.0
    the damping brings the smallest eigenvalue to 0.1: twice that eigenvalue is subtracted
        0.1 - 2 * lowest -> 0.1 - lowest
    the damping lacks the 0.1
        0.1 - 2 * lowest -> -2 * lowest
    the damping has the wrong sign: it must make the eigenvalues larger
        0.1 - 2 * lowest -> 0.1 + 2 * lowest
    the damping is added to every entry: only the diagonal is damped
        damping * np.eye(len(grad)) -> damping
    the direction goes uphill: it is minus the solution
        return -np.linalg.solve -> return np.linalg.solve
    where the Hessian is not positive definite this is steepest descent: the damped step is asked for
        damping = 0.0 if lowest > 0 else 0.1 - 2 * lowest -> damping = 0.0; hessian = hessian if lowest > 0 else np.eye(len(grad))
    the absolute values of the eigenvalues are used: here the damping lifts them all alike
        every, vectors = np.linalg.eigh(hessian)
        return -vectors @ ((vectors.T @ grad) / np.abs(every))
    the direction is turned round where it goes uphill: the Hessian is to be damped
        direction = -np.linalg.solve(hessian, grad)
        return direction if grad @ direction < 0 else -direction
    a Hessian whose smallest eigenvalue is a little below 0 is not damped: only its sign decides
        try:
            np.linalg.cholesky(hessian + 0.1 * np.eye(len(grad)))
            return -np.linalg.solve(hessian, grad)
        except np.linalg.LinAlgError:
            lowest = np.linalg.eigvalsh(hessian)[0]
            return -np.linalg.solve(hessian + (0.1 - 2 * lowest) * np.eye(len(grad)), grad)
    the first of the eigenvalues is taken, and `np.linalg.eigvals` does not sort them: take the smallest
        np.linalg.eigvalsh(hessian)[0] -> np.linalg.eigvals(hessian)[0]
""")
safe_direction.add_variants("""
    Cholesky decides
        try:
            np.linalg.cholesky(hessian)
            return -np.linalg.solve(hessian, grad)
        except np.linalg.LinAlgError:
            damping = 0.1 - 2 * np.linalg.eigvalsh(hessian).min()
            return -np.linalg.inv(hessian + damping * np.eye(len(grad))) @ grad
    in the basis of eigenvectors
        every, vectors = np.linalg.eigh(hessian)
        damping = 0.1 - 2 * every.min() if every.min() <= 0 else 0
        return -vectors @ (vectors.T @ grad / (every + damping))
    eigenvalues of any matrix, real parts, a copy damped in place
        lowest = float(np.linalg.eigvals(hessian).real.min())
        damped = hessian.copy()
        if lowest <= 0:
            damped[np.diag_indices(len(grad))] += 0.1 - 2 * lowest
        return np.linalg.solve(damped, -grad)
    in float32
        h = hessian.astype(np.float32)
        lowest = np.linalg.eigvalsh(h)[0]
        h = h + np.float32(max(0.0, 0.1 - 2 * lowest if lowest <= 0 else 0.0)) * np.eye(len(h), dtype=np.float32)
        return -np.linalg.solve(h, grad.astype(np.float32))
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
        # One alone tells who begins with the second length, two who shortens ever more.
        weight = 4.0 if least == 0 else 2.0 if least > 3 or c1 > 0.5 else 1.0
        yield Call(label, weight, **given, initial=first, c1=c1, shrink=shrink)
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
        # An odd number: no power of 1/4 does for it.
        if refused >= 3 and refused % 2 and nearest > 0.005:
            break
    given = {"f": Problem("rosenbrock", "value"), "theta": theta, "grad": grad}
    yield Call("all settings left at their defaults", 2.0, **given, direction=direction)
    while True:
        theta, grad, direction = _descent(rng, "rosenbrock")
        first = 10.0 ** rng.uniform(15.5, 16.5)
        refused, nearest = _tries(problems.get("rosenbrock"), theta, grad, direction, first, 0.1, 0.5)
        if 52 <= refused <= 58 and nearest > 0.005:
            break
    given = {"f": Problem("rosenbrock", "value"), "theta": theta, "grad": grad, "direction": direction}
    yield Call("the first length is huge", 0.25, **given, initial=first, c1=0.1, shrink=0.5)
    # f falls by a little more, and by a little less, than the default of c1 asks; and by so much that twice the
    # default of `initial` would do.
    asked = (("just enough", 1.4e-4, 0.5), ("not quite enough", 0.7e-4, 0.5), ("far enough", 0.9, 0.2))
    for label, c1, weight in asked:
        theta, grad, direction = _descent(rng, "rosenbrock")
        length = _length_with(problems.get("rosenbrock"), theta, grad, direction, c1)
        given = {"f": Problem("rosenbrock", "value"), "theta": theta, "grad": grad}
        yield Call(f"all defaults, f falls {label}", weight, **given, direction=length * direction)
    # Powers of two and their sums: the second length is on the bound itself, without a rounding.
    scale = 2.0 ** rng.integers(-8, 9)
    x = scale * rng.choice([-2.0, 2.0])
    given = {"f": Problem("saddle", "value"), "theta": np.array([x, scale]), "grad": np.array([x, -scale])}
    on_bound = {"direction": np.array([-x, 0.0]), "initial": 2.0, "c1": 0.5, "shrink": 0.5}
    yield Call("f falls by exactly the share", **given, **on_bound)
    # Both squares overflow, and their difference is nan; after it f is huge, then good.
    theta = 1e140 * np.array([rng.uniform(2.0, 3.0), rng.uniform(-1.0, 1.0)])
    given = {"f": Problem("saddle", "value"), "theta": theta, "grad": theta * [1.0, -1.0]}
    far = {"direction": 1e140 * np.array([-1.0, 0.3]), "initial": rng.uniform(1e15, 9e15), "c1": 0.1, "shrink": 0.1}
    yield Call("f is nan at the first length", **given, **far)


def _length_with(problem, theta, grad, direction, share):
    """A length at which f has fallen by this share of what the slope promises, from above."""

    def short(length):
        promised = -length * (grad @ direction)
        return problem.value(theta) - problem.value(theta + length * direction) < share * promised

    low, high = 0.0, 1e-3
    while not short(high):
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if short(middle) else (middle, high)
    return high


def _enough(new, old, alpha, slope, c1):
    return new <= old + c1 * alpha * slope


def _backtrack(accept, f, theta, grad, direction, initial, c1, shrink, most=200):
    """Backtracking with another test: accept(f at the trial, f here, alpha, slope, c1)."""
    alpha = initial
    for _ in range(most):
        if accept(f(theta + alpha * direction), f(theta), alpha, grad @ direction, c1):
            break
        alpha *= shrink
    return alpha


backtracking.add_mistakes("""
    any fall is accepted, or nearly any: it must be the share `c1` of what the slope promises, with
    the `c1` that is given
        <= value + c1 * alpha * slope -> < value
    or
        <= value + c1 * alpha * slope -> <= value
    the bound itself is refused: a fall of exactly the share `c1` is enough
        <= value + c1 * alpha * slope -> < value + c1 * alpha * slope
    a length at which f is nan is taken: every comparison with nan is false, so shorten while f has
    *not* fallen enough
        while not f(theta + alpha * direction) <= -> while f(theta + alpha * direction) >
    the whole slope is asked for: only the share `c1` of it must be kept
        def accept(new, old, alpha, slope, c1):
            return new <= old + alpha * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    the bound lacks `alpha`: what the slope promises is in proportion to the length of the step
        def accept(new, old, alpha, slope, c1):
            return new <= old + c1 * slope
        return _backtrack(accept, f, theta, grad, direction, initial, c1, shrink)
    or
        def accept(new, old, alpha, slope, c1):
            return not new > old + c1 * slope
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
    after a number of lengths the test was left out: however many are refused, go on to the first that
    fulfils the condition
        return _backtrack(_enough, f, theta, grad, direction, initial, c1, shrink, 20)
    or
        return _backtrack(_enough, f, theta, grad, direction, initial, c1, shrink, 30)
    or
        return _backtrack(_enough, f, theta, grad, direction, initial, c1, shrink, 50)
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


def _valley(rng, name):
    """A point of a quadratic, a direction downhill, and the length that leads to the lowest point along it."""
    problem = problems.get(name)
    n = len(problem.start)
    theta = _away_from_zero(rng, n)
    grad = problem.gradient(theta)
    direction = -_positive_definite(rng, n) @ grad
    hessian = problem.hessian(theta)
    return theta, direction, -(grad @ direction) / (direction @ hessian @ direction)


def _stretched(rng, given, initial):
    """The same search along a shorter direction: no length is right in two cases, and no slope is steep by itself."""
    factor = 10.0 ** rng.uniform(-3.0, -0.5)
    return given | {"direction": factor * given["direction"], "initial": initial / factor}


@judge(reference.wolfe_line_search, points=5, returns=("alpha",), compare_as=quantities.wolfe_step)
def wolfe_line_search(rng):
    # On a quadratic, with the lowest point at length `best`: f falls enough up to 2 (1 - c1) best, and the
    # slope is flat enough from (1 - c2) best to (1 + c2) best.
    bowl, ten = "tilted bowl", "ill-conditioned"
    for label, weight, name, c1, c2, times in (
        ("the first length is good", 1.0, bowl, 1e-4, 0.9, rng.uniform(0.5, 0.8)),
        ("the first length is far too short", 1.6, bowl, 1e-4, 0.9, rng.uniform(0.005, 0.02)),
        ("the first length is far too long", 1.0, bowl, 1e-4, 0.9, rng.uniform(20, 60)),
        ("at the first length the slope is upwards", 2.0, bowl, 0.01, 0.3, rng.uniform(1.5, 1.7)),
        ("at the first length f falls, but not enough", 2.5, bowl, 0.3, 0.6, rng.uniform(1.48, 1.55)),
        ("f falls, but not enough, in ten variables", 2.5, ten, 0.45, 0.8, rng.uniform(1.3, 1.6)),
        ("a flat slope is asked for", 1.0, bowl, 1e-3, 0.02, rng.uniform(0.6, 0.9)),
    ):
        theta, direction, best = _valley(rng, name)
        given = {"theta": theta, "direction": direction, "c1": c1, "c2": c2}
        yield Call(label, weight, **_functions(name), **_stretched(rng, given, times * best))
    # At the first length the gradient has become short, but not along the direction.
    _, axes = np.linalg.eigh(problems.get(ten).hessian(np.zeros(10)))  # of the curvatures from 1 to 1000
    far, near = rng.uniform(0.5, 2.0) * np.array([1.0, rng.uniform(0.014, 0.02)]) * rng.choice([-1, 1], 2)
    given = {"theta": far * axes[:, 0] + near * axes[:, -1], "direction": -far / 2 * axes[:, 0] - near * axes[:, -1]}
    yield Call("a short gradient", 0.1, **_functions(ten), **_stretched(rng, given | {"c1": 1e-4, "c2": 0.2}, 1.0))
    # From the hill between the wells to the right: through the shallow well and up the wall.
    x, y = rng.uniform(0.45, 0.6), rng.uniform(-0.3, 0.3)
    left = np.array([-1.0, 0.0])
    given = {"theta": np.array([x, y]), "direction": -left, "c1": 0.05, "c2": 0.3}
    wells = _functions("two wells")
    yield Call("a well, then a wall", 1.4, **wells, **_stretched(rng, given, 1.2))
    x = rng.uniform(1.15, 1.22)
    hilltop = float(np.sort(np.roots([4, 0, -4, 0.3]).real)[1])
    # From the shallow well's right side to the left: the hill between the wells is higher.
    given = {"theta": np.array([x, y]), "direction": left, "c1": 0.05, "c2": 0.1}
    given = _stretched(rng, given, x - hilltop)
    yield Call("at the first length it is flat, on a hill", **wells, **given)
    for label, name, c2, initial in (
        ("Rosenbrock", "rosenbrock", 0.9, 1.0),
        ("Rosenbrock, nearly exact", "rosenbrock", 0.1, 1e-6),
        ("five variables", "long rosenbrock", 0.5, 0.01),
    ):
        theta, _, direction = _descent(rng, name)
        given = {"theta": theta, "direction": direction, "c1": 1e-4, "c2": c2}
        yield Call(label, **_functions(name), **_stretched(rng, given, initial))
    theta, _, direction = _descent(rng, "logistic", spread=3.0)
    given = {"theta": theta, "direction": direction, "c1": 1e-4, "c2": 0.9}
    yield Call("the first length left at its default", **_functions("logistic"), **given)
    given["direction"] = 0.01 * direction
    yield Call("a short direction", **_functions("logistic"), **given, initial=0.1)
    for label, times in (("far too short", 0.01), ("far too long", 30.0)):
        theta, direction, best = _valley(rng, bowl)
        given = {"theta": theta, "direction": rng.uniform(0.8, 1.2) * times * best * direction}
        yield Call(f"all settings left at their defaults, {label}", 0.5, **_functions(bowl), **given)
    # From the deep well's left wall: the other well's slope is downwards, and all of that well too high.
    x, trial = -rng.uniform(1.22, 1.28), rng.uniform(0.4, 0.7)
    given = {"theta": np.array([x, y]), "direction": -left, "c1": 0.05, "c2": 0.3}
    given = _stretched(rng, given, trial - x)
    yield Call("at the first length f is higher and falls again", 0.1, **wells, **given)


def _armijo(value, value0, alpha, slope0, c1):
    return value <= value0 + c1 * alpha * slope0


def _flat(slope, slope0, c2):
    return 0 if abs(slope) <= c2 * abs(slope0) else np.sign(slope)


def _bisect(
    f, gradient, theta, direction, c1=1e-4, c2=0.9, initial=1.0, *,
    falls_enough=_armijo, too_steep=_flat, trials=60,
):  # fmt: skip
    """The search by a bracket and halving, with other tests for its two conditions.

    falls_enough(value, value at 0, alpha, slope at 0, c1) and too_steep(slope, slope at 0, c2), which
    is -1 where one should go on and 1 where one went too far.
    """
    value0, slope0 = f(theta), gradient(theta) @ direction
    low, high, alpha = 0.0, None, initial
    for _ in range(trials):
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
    where f has not fallen enough, but slopes downwards, a longer step is tried: ask of the fall first
        value0, slope0 = f(theta), gradient(theta) @ direction
        low, high, alpha = 0.0, None, initial
        for _ in range(60):
            there = theta + alpha * direction
            slope = gradient(there) @ direction
            if _armijo(f(there), value0, alpha, slope0, c1) and abs(slope) <= c2 * abs(slope0):
                break
            low, high = (low, alpha) if slope > 0 else (alpha, high)
            alpha = 2 * low if high is None else (low + high) / 2
        return alpha
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
    where f still falls steeply the step is taken, or made shorter: it must be made longer
        def too_steep(slope, slope0, c2):
            return 1 if slope > -c2 * slope0 else 0
        return _bisect(f, gradient, theta, direction, c1, c2, initial, too_steep=too_steep)
    or
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
    the length of the gradient is compared: what must be flat is the slope along the direction
        slope0, size0 = gradient(theta) @ direction, np.linalg.norm(gradient(theta))
        low, high, alpha = 0.0, None, initial
        for _ in range(60):
            there = theta + alpha * direction
            if not _armijo(f(there), f(theta), alpha, slope0, c1):
                high = alpha
            elif np.linalg.norm(gradient(there)) <= c2 * size0:
                break
            elif gradient(there) @ direction < 0:
                low = alpha
            else:
                high = alpha
            alpha = 2 * low if high is None else (low + high) / 2
        return alpha
    `alpha` is missing in the first condition: f must fall by `c1 * alpha * |slope|` at least
        def falls_enough(value, value0, alpha, slope0, c1):
            return value <= value0 + c1 * slope0
        return _bisect(f, gradient, theta, direction, c1, c2, initial, falls_enough=falls_enough)
    `c1` and `c2` are not used, only their defaults
        return _bisect(f, gradient, theta, direction, initial=initial)
    the search gave up after a few trials: however many are refused, go on to one that fulfils both
        return _bisect(f, gradient, theta, direction, c1, c2, initial, trials=10)
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
    halved to the end: the slope is as flat there as numbers let it be
        def too_steep(slope, slope0, c2):
            return np.sign(slope)
        return _bisect(f, gradient, theta, direction, c1, c2, initial, too_steep=too_steep)
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
    small = system(rng.uniform([0.3, 0.6, 1, 2], [0.4, 0.8, 1.5, 3]))
    small = {"a": 1e-6 * small["a"], "b": 1e-6 * small["b"]}
    yield Call("a and b are small", 0.5, **small, n_steps=3)


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
    all steps go along the first direction: the new one is r_new plus `beta` times the old
        d = r + rr / before * d -> pass
    `r` stays as it was: each step takes alpha * (a @ d) from it
        r = r - alpha * ad -> pass
        rr, before = r @ r, rr -> before = rr
    or
        x, r = np.zeros(len(b)), b
        return np.array([k * (r @ r) / (r @ a @ r or 1.0) * r for k in range(n_steps + 1)])
    `alpha` is (d @ d) / (d @ a @ d): above stands r @ r
        alpha = rr / (d @ ad) -> alpha = (d @ d) / (d @ ad)
    `alpha` is upside down: r @ r is divided by d @ a @ d
        alpha = rr / (d @ ad) -> alpha = (d @ ad) / rr
    `beta` is divided by the old d @ d: it is divided by the old r @ r
        d = r + rr / before * d -> d = r + rr / (d @ d) * d
    the new direction begins with minus the residual: it is r_new plus `beta` times the old direction
        d = r + rr / before * d -> d = -r + rr / before * d
    the first direction and the residual are one array, and `r -= ...` changes both: begin with a copy
        x, r = np.zeros(len(b)), np.array(b, dtype=float)
        d, points = r, [x]
        for _ in range(n_steps):
            rr = r @ r
            if rr > 0:
                ad = a @ d
                alpha = rr / (d @ ad)
                x = x + alpha * d
                r -= alpha * ad
                d = r + (r @ r) / rr * d
            points.append(x)
        return np.array(points)
    the residual changes by alpha * (a @ r): the step was made along d
        r = r - alpha * ad -> r = r - alpha * (a @ r)
    the residual changes by alpha * d: what the step changes is a @ x, by alpha * (a @ d)
        r = r - alpha * ad -> r = r - alpha * d
    x moves along the residual: the step is made along d
        x = x + alpha * d -> x = x + alpha * r
    the last of the points is missing: x before the first step and after each one, n_steps + 1 rows
        return conjugate_gradient(a, b, n_steps)[:-1]
    where the residual is small the search ends, and rows are missing: go on until it is zero, and list x
    once for each step
        return conjugate_gradient(a, b, n_steps)[: 1 if np.linalg.norm(b) < 1e-5 else n_steps + 1]
    the search ends as soon as the residual is small: x stays only where the residual is exactly 0
        if rr > 0 -> if rr > 1e-10
    or
        if rr > 0 -> if rr > 1e-8
    or
        if rr > 0 -> if rr > 1e-6
    or
        if rr > 0 -> if np.sqrt(rr) > 1e-6
    the steps go uphill: x_new = x plus alpha * d, where the residual is b - a @ x
        x, r = np.zeros(len(b)), -b
        d, points = r, [x]
        for _ in range(n_steps):
            if r @ r > 0:
                alpha = (r @ r) / (d @ a @ d)
                x = x + alpha * d
                new = a @ x - b
                d, r = new + (new @ new) / (r @ r) * d, new
            points.append(x)
        return np.array(points)
    or
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


@judge(reference.hessian_product, points=3, returns=("product",))
def hessian_product(rng):
    def given(n, d, k, length=1.0, scale=1.0):
        return {
            "x": rng.normal(size=(n, d)),
            "weights": scale * rng.normal(size=(d, k)),
            "direction": length * rng.normal(size=(d, k)),
        }

    yield Call("two features, three classes", **given(5, 2, 3), penalty=0.0)
    yield Call("a penalty", **given(4, 3, 3), penalty=rng.uniform(0.2, 0.8))
    yield Call("two classes", **given(6, 4, 2), penalty=rng.uniform(0.2, 0.8))
    yield Call("one example", **given(1, 3, 4), penalty=rng.uniform(0.2, 0.8))
    long = given(5, 3, 4, length=1e4)
    yield Call("a long direction", 2.0, **long, penalty=rng.uniform(0.2, 0.8))
    long = given(7, 2, 5, length=300.0, scale=0.5)
    yield Call("a direction of length some hundred", 2.0, **long, penalty=0.0)
    # So large that the difference of two gradients is lost in their rounding.
    large = given(5, 3, 3, length=1e3)
    large["x"][:, 0] = 1.0
    large["weights"][0] += 2e7
    yield Call("logits of some ten millions", 1.0, **large, penalty=rng.uniform(0.2, 0.8))
    apart = given(4, 3, 3, length=1e3)
    apart["x"][:, 0] = [-1.0, 1.0, 1.0, 0.0]
    apart["weights"][0] += 900.0
    yield Call("logits of about 900 and of about -900", 1.0, **apart, penalty=rng.uniform(0.2, 0.8))


def _softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


hessian_product.add_mistakes("""
    this is p times the change of the logits: the sum in the softmax changes as well
        p * (change - np.sum(p * change, axis=1, keepdims=True)) -> p * change
    only a class's own logit is seen, p (1 - p): each probability depends on all logits of its row
        p * (change - np.sum(p * change, axis=1, keepdims=True)) -> p * (1 - p) * change
    the sum goes over the examples: it goes over the classes of one row
        np.sum(p * change, axis=1, keepdims=True) -> np.sum(p * change, axis=0, keepdims=True)
    the sum goes over everything: it goes over the classes of one row
        np.sum(p * change, axis=1, keepdims=True) -> np.sum(p * change)
    the mean of the changes is subtracted: it is weighed by the probabilities
        np.sum(p * change, axis=1, keepdims=True) -> np.mean(change, axis=1, keepdims=True)
    the sum of the changes is subtracted: it is weighed by the probabilities
        np.sum(p * change, axis=1, keepdims=True) -> np.sum(change, axis=1, keepdims=True)
    the outer p is missing: each probability changes in proportion to itself
        p * (change - np.sum(p * change, axis=1, keepdims=True)) -> change - np.sum(p * change, axis=1, keepdims=True)
    the loss is a mean over the examples: divide by n
        x.T @ change / len(x) -> x.T @ change
    it is divided by n times k: the mean goes over the examples
        x.T @ change / len(x) -> x.T @ change / change.size
    the penalty is missing: its gradient is penalty times W, which changes with W
        x.T @ change / len(x) + penalty * direction -> x.T @ change / len(x)
    the penalty multiplies W, as in the gradient: here it multiplies the change of W
        penalty * direction -> penalty * weights
    the penalty is added to every entry: it multiplies the direction
        penalty * direction -> penalty
    the gradient of the half is lost: half the penalty times the square has the slope penalty * W
        penalty * direction -> 2 * penalty * direction
    or
        penalty * direction -> penalty / 2 * direction
    the penalty is divided by n: it stands outside the mean
        x.T @ change / len(x) + penalty * direction -> (x.T @ change + penalty * direction) / len(x)
    this is the Hessian of the squared error: the softmax is left out
        return x.T @ (x @ direction) / len(x) + penalty * direction
    this is a difference of gradients with a step that does not depend on the length of the
    direction: derive the product, which is exact
        def gradient(w):
            logits = x @ w
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            return x.T @ (p / p.sum(axis=1, keepdims=True)) / len(x) + penalty * w
        h = 1e-5
        return (gradient(weights + h * direction) - gradient(weights - h * direction)) / (2 * h)
    this is a forward difference of gradients, right to a few digits: derive the product
        def gradient(w):
            logits = x @ w
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            return x.T @ (p / p.sum(axis=1, keepdims=True)) / len(x) + penalty * w
        return (gradient(weights + 1e-6 * direction) - gradient(weights)) / 1e-6
    large logits overflow: subtract the largest of each row before the exponential
        np.exp(logits - logits.max(axis=1, keepdims=True)) -> np.exp(logits)
    the largest logit of all is subtracted: in a row that is far below it all exponentials are 0
        logits.max(axis=1, keepdims=True) -> logits.max()
    this is the change of the logits' gradient alone: back through x, times x.T
        p = _softmax(x @ weights)
        change = x @ direction
        return p * (change - np.sum(p * change, axis=1, keepdims=True))
    this is the curvature along the direction, a number: the product with the Hessian has the shape
    of W
        product = hessian_product(x, weights, direction, penalty)
        return np.sum(direction * product)
    the product is right, but flat: it has the shape of W
        return hessian_product(x, weights, direction, penalty).ravel()
    this is minus the product
        return -hessian_product(x, weights, direction, penalty)
    the roles of W and its change are exchanged: the probabilities are those at W
        return hessian_product(x, direction, weights, penalty)
    this is the gradient at the direction: it is the change of the gradient along it
        logits = x @ (weights + direction)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return x.T @ (p / p.sum(axis=1, keepdims=True)) / len(x) + penalty * direction
    this is a difference of gradients: where the weights are large, it is what rounding has left; derive the
    product, which is exact
        def gradient(w):
            logits = x @ w
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            return x.T @ (p / p.sum(axis=1, keepdims=True)) / len(x) + penalty * w
        h = 1e-5 / np.linalg.norm(direction)
        return (gradient(weights + h * direction) - gradient(weights - h * direction)) / (2 * h)
""")
hessian_product.add_variants("""
    row by row, with the matrix of one row's probabilities
        product = penalty * direction
        for row, p in zip(x, _softmax(x @ weights), strict=True):
            jacobian = np.diag(p) - np.outer(p, p)
            product = product + np.outer(row, jacobian @ (row @ direction)) / len(x)
        return product
    by the dense Hessian
        n, d = x.shape
        k = weights.shape[1]
        hessian = penalty * np.eye(d * k)
        for row, p in zip(x, _softmax(x @ weights), strict=True):
            hessian += np.kron(np.outer(row, row), np.diag(p) - np.outer(p, p)) / n
        return (hessian @ direction.ravel()).reshape(d, k)
    by a step into the complex plane
        h = 1e-30
        logits = x @ (weights + 1j * h * direction)
        p = np.exp(logits - logits.real.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        return (x.T @ p).imag / h / len(x) + penalty * direction
    by the companions of exponential, sum and quotient
        z, dz = x @ weights, x @ direction
        e = np.exp(z - z.max(axis=1, keepdims=True))
        de = e * dz
        s, ds = e.sum(axis=1, keepdims=True), de.sum(axis=1, keepdims=True)
        dp = de / s - e * ds / s**2
        return np.einsum("ni,nj->ij", x, dp) / x.shape[0] + penalty * direction
""")


def _region(rng, eigenvalues, pick):
    """A gradient and a Hessian of these eigenvalues, with a radius that pick(curvatures, steps of CG) gives, or None.

    pick(curvatures, points, length of the point to which the last direction leads if its curvature is made positive).
    """
    while True:
        hessian = _turned(rng, np.array(eigenvalues, dtype=float))
        grad = _away_from_zero(rng, len(eigenvalues))
        curvatures, points, turned = [], [np.zeros(len(grad))], 0.0
        r = d = -grad
        for _ in grad:
            curvatures.append(d @ hessian @ d / (d @ d))
            if curvatures[-1] < 0.05:  # as if it were positive
                turned = np.linalg.norm(points[-1] + r @ r / abs(d @ hessian @ d) * d)
                break
            alpha = r @ r / (d @ hessian @ d)
            points.append(points[-1] + alpha * d)
            new = r - alpha * hessian @ d
            r, d = new, new + new @ new / (r @ r) * d
        radius = pick(curvatures, np.array(points), turned)
        if radius is not None:
            return {"grad": grad, "hessian": hessian, "radius": float(radius)}


@judge(reference.trust_region_step, points=4, returns=("step",))
def trust_region_step(rng):
    bowl = np.sort(rng.uniform([0.3, 0.9, 2.0, 4.0], [0.5, 1.5, 3.0, 6.0]))

    def beyond(curvatures, points, turned):
        return np.linalg.norm(points[-1]) * rng.uniform(1.2, 2.0)

    def leaves_at(k):
        """A radius between the points number k - 1 and k of conjugate gradients."""

        def pick(curvatures, points, turned):
            if len(points) <= k:
                return None
            # Longer than the last part of the step and than each of its entries, too.
            low, length = max(np.linalg.norm(points[k - 1]), np.abs(points[k]).max()), np.linalg.norm(points[k])
            low = max(low, np.linalg.norm(points[k] - points[k - 1])) if k > 1 else low
            return low + rng.uniform(0.3, 0.7) * (length - low) if length > 1.15 * low else None

        return pick

    def bends_at(k):
        """A radius that is reached where the curvature of direction k, from 0, is negative, and not before."""

        def pick(curvatures, points, turned):
            if len(curvatures) != k + 1 or curvatures[-1] > -0.1:
                return None
            return turned * rng.uniform(1.3, 2.0)

        return pick

    yield Call("the minimum lies inside", 0.3, **_region(rng, bowl[:3], beyond), tol=1e-8)
    yield Call("the first step leaves", 0.3, **_region(rng, bowl[:3], leaves_at(1)), tol=1e-8)
    yield Call("the second step leaves", 1.5, **_region(rng, bowl, leaves_at(2)), tol=1e-8)
    yield Call("the third step leaves", 1.5, **_region(rng, bowl, leaves_at(3)), tol=1e-8)
    saddle = [*-rng.uniform(0.8, 1.5, 1), *bowl[1:]]
    yield Call("the first direction bends down", 0.5, **_region(rng, [-2.0, -0.5, 0.3], bends_at(0)), tol=1e-8)
    yield Call("the second direction bends down", 0.5, **_region(rng, saddle, bends_at(1)), tol=1e-8)
    yield Call("the third direction bends down", 3.0, **_region(rng, saddle, bends_at(2)), tol=1e-8)
    # The gradient of the model is small enough after two steps, by far, and not after one.
    # After one step no entry of it is larger than a large `tol`, but its length is.
    for label, weight, high in (("a large `tol`", 3.2, True), ("a `tol` that is not so large", 0.5, False)):
        while True:
            case = _region(rng, bowl, beyond)
            x = reference.conjugate_gradient(case["hessian"], -case["grad"], 3)
            slopes = (x @ case["hessian"] + case["grad"]) / np.linalg.norm(case["grad"])
            left, entry = np.linalg.norm(slopes, axis=1), np.abs(slopes[1]).max()
            tol = np.sqrt(left[1] * max(left[2], entry)) if high else np.sqrt(left[2] * entry)
            if (
                left[2] < 0.6 * left[1]
                and (entry < 0.9 * left[1] if high else left[2] < 0.8 * entry)
                and 0.5 * left[2] > left[3]
                and 1e-3 < tol < 0.9
                and left[2] * np.linalg.norm(case["grad"]) > 1.1 * tol
                and left[1] ** 2 < 0.8 * tol
            ):
                break
        yield Call(label, weight, **case, tol=float(tol))
    yield Call("`tol` left at its default", 0.5, **_region(rng, bowl, beyond))
    one = {"grad": _away_from_zero(rng, 1), "hessian": np.array([[rng.uniform(0.5, 1.0)]]), "radius": 0.3}
    yield Call("one parameter", 0.3, **one)


def _steihaug(
    grad, hessian, radius, tol, *, edge=None, bent=None, left=None, conjugate=True, rate=None, small=None,
    sign=-1, first=1, most=10,
):  # fmt: skip
    """The reference with one part exchanged.

    edge(step, d, radius) is how far to the edge; bent and left(step, d, alpha, radius) what is returned there.
    """
    edge = edge or _to_the_edge

    def out(step, d, alpha, radius):
        return step + edge(step, d, radius) * d

    step, r = np.zeros(len(grad)), -np.array(grad, dtype=float)
    d = r
    for _ in range(most * len(grad)):
        if small(r, grad, tol) if small else np.linalg.norm(r) <= tol * np.linalg.norm(grad):
            break
        hd = hessian @ d
        curvature = d @ hd
        if bent is not False and not curvature > 0:
            return (bent or out)(step, d, None, radius)
        alpha = r @ r / curvature
        if left is not False and np.linalg.norm(step + alpha * d) >= radius:
            return (left or out)(step, d, alpha, radius)
        step = step + alpha * d
        new = r + sign * alpha * hd
        d = first * new + (rate(r, new) if rate else new @ new / (r @ r)) * d if conjugate else new
        r = new
    return step


def _to_the_edge(step, d, radius):
    along = step @ d
    return (np.sqrt(along**2 + d @ d * (radius**2 - step @ step)) - along) / (d @ d)


def _root(a, b, c):
    return (-b + np.sqrt(b**2 - 4 * a * c)) / (2 * a)


def _way(step, d, alpha, radius):
    return _to_the_edge(step, d, radius) * d


def _as_long(step, d, alpha, radius):
    return radius * d / np.linalg.norm(d)


def _cut(step, d, alpha, radius):
    return np.clip(step + (1.0 if alpha is None else alpha) * d, -radius, radius)


def _scaled(step, d, alpha, radius):
    way = step + (1.0 if alpha is None else alpha) * d
    return radius * way / np.linalg.norm(way)


def _whole(step, d, alpha, radius):
    way = step + d
    return radius * way / np.linalg.norm(way)


trust_region_step.add_mistakes("""
    the step that would leave the region is cut to its radius: go along the last direction to the edge
        def left(step, d, alpha, radius):
            return radius * (step + alpha * d) / np.linalg.norm(step + alpha * d)
        return _steihaug(grad, hessian, radius, tol, left=left)
    where a step would leave the region this ends before it: go along the direction to the edge
        return _steihaug(grad, hessian, radius, tol, left=lambda step, d, alpha, radius: step)
    the step may leave the region: its length is compared with the radius, and it ends at the edge
        return _steihaug(grad, hessian, radius, tol, left=False)
    the way to the edge has the other root: it is the positive one
        def edge(step, d, radius):
            along = step @ d
            return (-np.sqrt(along**2 + d @ d * (radius**2 - step @ step)) - along) / (d @ d)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    the way to the edge is measured from the centre: it begins where the step so far has ended
        return _steihaug(grad, hessian, radius, tol, edge=lambda step, d, radius: radius / np.linalg.norm(d))
    or
        return _steihaug(grad, hessian, radius, tol, edge=lambda step, d, radius: (radius - np.linalg.norm(step)) / np.linalg.norm(d))
    where the curvature is negative this ends: go along the direction to the edge, downhill all the way
        return _steihaug(grad, hessian, radius, tol, bent=lambda step, d, alpha, radius: step)
    the sign of the curvature is not looked at: where it is negative, go along the direction to the edge
        return _steihaug(grad, hessian, radius, tol, bent=False)
    where the curvature is negative this goes along minus the gradient: go along the conjugate direction
        def bent(step, d, alpha, radius):
            return -radius * grad / np.linalg.norm(grad)
        return _steihaug(grad, hessian, radius, tol, bent=bent)
    where the curvature is negative the length of its step is made positive: the way is to the edge
        def bent(step, d, alpha, radius):
            way = step + (d @ d) / abs(d @ hessian @ d) * d
            return way if np.linalg.norm(way) < radius else radius * way / np.linalg.norm(way)
        return _steihaug(grad, hessian, radius, tol, bent=bent)
    or
        alpha = rr / curvature -> alpha = rr / abs(curvature)
        inside = curvature > 0 -> inside = True
    the steps inside go along the residuals: this is steepest descent, conjugate directions are asked for
        return _steihaug(grad, hessian, radius, tol, conjugate=False)
    or
        return _steihaug(grad, hessian, radius, tol, conjugate=False, most=2000)
    beta is turned over: it is the new r @ r, divided by the old
        return _steihaug(grad, hessian, radius, tol, rate=lambda r, new: (r @ r) / (new @ new))
    beta is 1: keep the old r @ r until it has been divided by
        return _steihaug(grad, hessian, radius, tol, rate=lambda r, new: 1.0)
    the residual grows: it loses alpha * (hessian @ d)
        return _steihaug(grad, hessian, radius, tol, sign=1)
    the new direction begins with minus the residual: it is the new residual plus beta times the old direction
        return _steihaug(grad, hessian, radius, tol, first=-1)
    each coordinate is cut to the radius: the radius bounds the length of the step
        return _steihaug(grad, hessian, radius, tol, left=_cut)
    or
        return _steihaug(grad, hessian, radius, tol, left=_cut, bent=_cut)
    or
        return np.clip(-np.linalg.solve(hessian, grad), -radius, radius)
    where the region is left, or the curvature negative, the whole step is scaled to the radius: from the step so
    far go along the direction to the edge
        return _steihaug(grad, hessian, radius, tol, left=_scaled, bent=_scaled)
    or
        return _steihaug(grad, hessian, radius, tol, left=_whole, bent=_whole)
    in the equation of the way to the edge the middle term is step @ d: it is twice that
        def edge(step, d, radius):
            return _root(d @ d, step @ d, step @ step - radius**2)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    in the equation of the way to the edge the last term has the wrong sign: it is step @ step - radius**2
        def edge(step, d, radius):
            return _root(d @ d, 2 * step @ d, radius**2 - step @ step)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    in the equation of the way to the edge the radius is not squared
        def edge(step, d, radius):
            return _root(d @ d, 2 * step @ d, step @ step - radius)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    in the equation of the way to the edge d @ d is missing: the direction has not the length 1
        def edge(step, d, radius):
            return _root(1.0, 2 * step @ d, step @ step - radius**2)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    or
        (root - along) / (d @ d) * d -> (root - along) * d
    in the equation of the way to the edge step @ d has the wrong sign
        def edge(step, d, radius):
            return _root(d @ d, -2 * step @ d, step @ step - radius**2)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    the root of the equation of the way to the edge is divided by 2 and multiplied by d @ d: brackets are missing
        def edge(step, d, radius):
            return (d @ d) ** 2 * _to_the_edge(step, d, radius)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    the formula of the root has a 4 where the middle term was halved: without the 4, or with 2 * (step @ d)
        def edge(step, d, radius):
            along = step @ d
            return (np.sqrt(along**2 + 4 * (d @ d) * (radius**2 - step @ step)) - along) / (d @ d)
        return _steihaug(grad, hessian, radius, tol, edge=edge)
    the way to the edge is returned alone: it is added to the step so far
        return _steihaug(grad, hessian, radius, tol, left=_way, bent=_way)
    where a step would leave the region only the direction is returned, as long as the radius: go along it from
    where the step so far has ended
        return _steihaug(grad, hessian, radius, tol, left=_as_long)
    where the curvature is negative only the direction is returned, as long as the radius: go along it from where
    the step so far has ended
        return _steihaug(grad, hessian, radius, tol, bent=_as_long)
    where the region is left, or the curvature negative, only the direction is returned, as long as the radius: go
    along it from where the step so far has ended
        return _steihaug(grad, hessian, radius, tol, left=_as_long, bent=_as_long)
    where the curvature is negative the step leaves the region: it ends at the edge
        return _steihaug(grad, hessian, radius, tol, bent=lambda step, d, alpha, radius: step + radius * d)
    or
        def bent(step, d, alpha, radius):
            return step + radius * d / np.linalg.norm(d)
        return _steihaug(grad, hessian, radius, tol, bent=bent)
    the largest coordinate is compared with the radius, which bounds the length of the step
        np.linalg.norm(step + alpha * d) < radius -> np.abs(step + alpha * d).max() < radius
    the length of the last part is compared with the radius, which bounds that of the whole step
        np.linalg.norm(step + alpha * d) < radius -> np.linalg.norm(alpha * d) < radius
    the square of the length is compared with the radius: square both
        np.linalg.norm(step + alpha * d) < radius -> (step + alpha * d) @ (step + alpha * d) < radius
    this goes along minus the gradient to the edge, whatever the curvature: the step is that of conjugate gradients
        return -radius * grad / np.linalg.norm(grad)
    this is the dogleg, from the lowest point along minus the gradient to Newton's step: that of conjugate
    gradients is asked for
        newton = -np.linalg.solve(hessian, grad)
        if np.linalg.norm(newton) <= radius:
            return newton
        down = -(grad @ grad) / (grad @ hessian @ grad) * grad
        if np.linalg.norm(down) >= radius:
            return -radius * grad / np.linalg.norm(grad)
        return down + _to_the_edge(down, newton - down, radius) * (newton - down)
    `tol` is ignored: the search inside ends once the model's gradient is small enough
        return trust_region_step(grad, hessian, radius, 1e-8)
    or
        return trust_region_step(grad, hessian, radius)
    `tol` is compared with the model's gradient alone: it is a share of the length of `grad`
        return _steihaug(grad, hessian, radius, tol, small=lambda r, grad, tol: np.linalg.norm(r) <= tol)
    the largest entry of the model's gradient is compared with `tol`: its length is
        def small(r, grad, tol):
            return np.abs(r).max() <= tol * np.linalg.norm(grad)
        return _steihaug(grad, hessian, radius, tol, small=small)
    the square of a length is compared with `tol`: square the `tol`, too
        return _steihaug(grad, hessian, radius, tol, small=lambda r, grad, tol: r @ r <= tol * (grad @ grad))
    this is Newton's step, cut to the radius: where the region ends it is another
        step = -np.linalg.solve(hessian, grad)
        return step * min(1.0, radius / np.linalg.norm(step))
    this is Newton's step: it may leave the region
        return -np.linalg.solve(hessian, grad)
    this is the lowest point along minus the gradient within the region: go on from there
        curvature = grad @ hessian @ grad
        length = radius / np.linalg.norm(grad)
        if curvature > 0:
            length = min(length, grad @ grad / curvature)
        return -length * grad
    this is the lowest point of the model in the region, by its eigenvalues: that of conjugate
    gradients is asked for
        every, vectors = np.linalg.eigh(hessian)
        slope = vectors.T @ grad
        if every[0] > 0 and np.linalg.norm(slope / every) < radius:
            return -np.linalg.solve(hessian, grad)
        low, high = max(0.0, -every[0]), 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if np.linalg.norm(slope / (every + middle)) > radius else (low, middle)
        return -vectors @ (slope / (every + high))
    the step goes uphill: the first direction is minus the gradient
        return -trust_region_step(grad, hessian, radius, tol)
    every step is of the length of the radius: inside, it is as long as it is
        step = trust_region_step(grad, hessian, radius, tol)
        return radius * step / np.linalg.norm(step)
    where the region is left, or the curvature negative, this ends before it: go along the direction to the edge
        return step + (root - along) / (d @ d) * d -> return step
    where the region is left, or the curvature negative, this goes along minus the gradient: go along the
    conjugate direction, from where the step so far has ended
        return step + (root - along) / (d @ d) * d -> return -radius * grad / np.linalg.norm(grad)
""")
trust_region_step.add_variants("""
    by alpha from the slope, the edge by the roots of a polynomial
        z, d, g = np.zeros_like(grad), -grad, grad.copy()
        while np.linalg.norm(g) > tol * np.linalg.norm(grad):
            bend = d @ hessian @ d
            alpha = -(g @ d) / bend if bend > 0 else np.inf
            if bend <= 0 or np.linalg.norm(z + alpha * d) >= radius:
                roots = np.roots([d @ d, 2 * z @ d, z @ z - radius**2])
                return z + np.max(roots.real) * d
            z = z + alpha * d
            new = hessian @ z + grad
            d = -new + (new @ new) / (g @ g) * d
            g = new
        return z
    bisection on the way to the edge
        step = np.zeros(len(grad))
        r = d = -grad
        size = np.sqrt(grad @ grad)
        for _ in range(3 * len(grad)):
            if np.sqrt(r @ r) <= tol * size:
                return step
            curvature = d @ hessian @ d
            alpha = (r @ r) / curvature if curvature > 0 else 1e9
            if np.linalg.norm(step + alpha * d) > radius:
                low, high = 0.0, alpha
                for _ in range(200):
                    middle = (low + high) / 2
                    if np.linalg.norm(step + middle * d) > radius:
                        high = middle
                    else:
                        low = middle
                return step + low * d
            step = step + alpha * d
            new = r - alpha * hessian @ d
            d = new + (new @ new) / (r @ r) * d
            r = new
        return step
    in place, with scalars kept, a list at the end
        p, r = [0.0] * len(grad), -1.0 * grad
        p = np.array(p)
        d, rr = r.copy(), float(r @ r)
        stop = (tol * np.linalg.norm(grad)) ** 2
        while rr > stop:
            hd = np.dot(hessian, d)
            dhd, dd, pd, pp = float(d @ hd), float(d @ d), float(p @ d), float(p @ p)
            a = rr / dhd if dhd > 0 else -1.0
            if a < 0 or pp + 2 * a * pd + a * a * dd > radius**2:
                t = (-pd + (pd**2 - dd * (pp - radius**2)) ** 0.5) / dd
                return list(p + t * d)
            p += a * d
            r -= a * hd
            rr, old = float(r @ r), rr
            d *= rr / old
            d += r
        return list(p)
    in float32, conjugate by construction
        h, g = hessian.astype(np.float32), grad.astype(np.float32)
        step, r = np.zeros_like(g), -g
        d = r
        for _ in range(2 * len(g)):
            if np.linalg.norm(r) <= max(tol, 3e-6) * np.linalg.norm(g):
                break
            hd = h @ d
            if d @ hd <= 0 or np.linalg.norm(step + (d @ r) / (d @ hd) * d) > radius:
                along = step @ d
                return step + (np.sqrt(along**2 + d @ d * (radius**2 - step @ step)) - along) / (d @ d) * d
            step = step + (d @ r) / (d @ hd) * d
            r = -g - h @ step
            d = r - (r @ hd) / (d @ hd) * d
        return step
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
    yield Call("the formula would be negative", 1.5, **close)
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

newton_at_a_saddle = Written(
    "newton-at-a-saddle",
    points=4,
    rubric="""\
- 1 point: Newton's step is (-1/4, -1/(-1)) = (-0.25, 1); the slope along it is -0.25 + 1 = 0.75: uphill.
- 1 point: with damping 3 the step is (-1/7, -1/2); the slope along it is -1/7 - 1/2 = -9/14: downhill.
- 1 point: why: with damping above 1 both eigenvalues 4 + damping and -1 + damping are positive, so that the slope -g (H + damping I)^(-1) g is negative for every gradient; with 0.5 the second is -0.5 still, and the step climbs along it (slope -1/4.5 + 2 = 16/9, uphill).
- 1 point: for a very large damping the step is nearly -g / damping, a short step of gradient descent.""",
)
