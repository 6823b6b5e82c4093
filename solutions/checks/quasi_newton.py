"""How the exercises of the chapter on quasi-Newton methods are judged.

Points and matrices are drawn anew at every seed; where a line search decides by a comparison, the cases
keep away from the bound, so that a rounding cannot turn it.
"""

import itertools

import numpy as np

from gradus import problems, values
from gradus.authoring import Call, Written, judge
from solutions import quantities
from solutions import quasi_newton as reference
from solutions.checks.newton import _away_from_zero, _bisect, _functions, _positive_definite
from solutions.newton import backtracking, wolfe_line_search


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
    yield Call("negative curvature along the step", 2.5, inverse=inverse, step=step, change=-change)
    one = rng.uniform(0.5, 2.0, size=(3, 1))
    yield Call("one parameter", inverse=one[:1], step=one[1], change=one[2])
    step, change = _pair(rng, 4)
    inverse = _positive_definite(rng, 4)
    yield Call("a short step", inverse=inverse, step=1e-6 * step, change=1e-6 * change)
    a, b, c = rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], size=3)
    across = {"step": np.array([a, b, 0.0]), "change": np.array([b, -a, c])}  # exactly
    yield Call("no curvature along the step", inverse=_positive_definite(rng, 3), **across)


def _bfgs(inverse, step, change):
    rho = 1 / (change @ step)
    left = np.eye(len(step)) - rho * np.outer(step, change)
    return left @ inverse @ left.T + rho * np.outer(step, step)


bfgs_update.add_mistakes("""
    where change @ step is negative the inverse must stay as it is: the update would make it
    indefinite
        return _bfgs(inverse, step, change)
    or
        return inverse.copy() if change @ step == 0 else _bfgs(inverse, step, change)
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
    where change @ step is 0 this divides by it: then, too, the inverse stays as it is
        if change @ step < 0:
            return inverse.copy()
        return _bfgs(inverse, step, change)
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
    a pair is left out where its curvature is small, as a short step's is: only its sign decides
        not curvature > 0 -> not curvature > 1e-8
    or
        not curvature > 0 -> not curvature > 1e-10
    or
        not curvature > 0 -> not curvature > 1e-3
    a small number is added to change @ step, and that of a short step is smaller still: add nothing, only its
    sign decides whether to divide by it
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step + 1e-8)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    or
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step + 1e-10)
        left = np.eye(len(step)) - rho * np.outer(step, change)
        return left @ inverse @ left.T + rho * np.outer(step, step)
    `step * change` of two vectors is a vector: s y^T is the matrix `np.outer(step, change)`
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * step * change
        return left @ inverse @ left.T + rho * np.outer(step, step)
    or
        if change @ step <= 0:
            return inverse.copy()
        rho = 1 / (change @ step)
        left = np.eye(len(step)) - rho * step * change
        return left @ inverse @ left.T + rho * step * step
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
    """The cases of a minimiser: a problem, a start, tol, and max_iterations by `most`.

    Where the whole way is asked for, a step at a time, each case tells the method from others; a minimum alone
    can be looked up, and weighs less.
    """
    for label, name, spread, tol in (
        ("a long valley", "tilted bowl", 3.0, 1e-6),
        ("Rosenbrock", "rosenbrock", 2.0, 1e-3),
        ("five variables", "long rosenbrock", 1.5, 1e-3),
        ("an ill-conditioned quadratic", "ill-conditioned", 2.0, 1e-4),
        ("a start that is far away", "ill-conditioned", 300.0, 1e-2),
        ("logistic regression", "logistic", 3.0, 1e-4),
        ("two wells, from the hill between them", "two wells", 0.4, 1e-4),
    ):
        while True:
            theta = spread * _away_from_zero(rng, len(problems.get(name).start)) / 2
            given = values.realise(_functions(name)) | {"theta": theta, "tol": tol}
            if "rosenbrock" not in name or _is_easy(**given, most=most[name]):
                break
        yield Call(label, 0.5, **_functions(name), theta=theta, tol=tol, max_iterations=most[name])
    name = rng.choice(["long rosenbrock", "ill-conditioned"])
    functions = values.realise(_functions(name))
    while True:
        theta = rng.uniform(-1.5, 1.5, size=len(problems.get(name).start))
        if _tells(**functions, theta=theta):
            break
    for count, word in enumerate(("one", "two", "three", "four", "five", "six"), start=1):
        label = f"no more than {word} iteration{'s' * (count > 1)}"
        weight = 1.0 if count < 4 else 3.0  # by then the memory is full
        yield Call(label, weight, **_functions(name), theta=theta, tol=1e-6, max_iterations=count)
    functions = values.realise(_functions("rosenbrock"))
    while True:
        theta = rng.uniform(-1.5, 1.5, size=2)
        grad = functions["gradient"](theta)
        length = np.linalg.norm(grad)
        # A step of length 1 is too long here.
        if length > 1.5 and functions["f"](theta - grad / length) > 1.2 * functions["f"](theta):
            break
    label = "no more than one iteration, in a narrow place"
    yield Call(label, 0.25, **_functions("rosenbrock"), theta=theta, tol=1e-6, max_iterations=1)
    given = _functions("logistic") | {"tol": rng.uniform(0.07, 0.12)}
    problem = problems.get("logistic")
    while True:
        given["theta"] = problem.minimum + rng.uniform(0.2, 1.0) * _away_from_zero(rng, 4)
        real = values.realise(given) | {"memory": 2, "max_iterations": 4}
        # So that there is a case, or two, in which no more steps are to be made, and the second step tells the first pair.
        if reference.lbfgs(**real)[1] == 2 and all(
            _limited(search, **real)[1] <= 3 and _tells_a_pair(search, **real) for search in (_halving, _first_shorter)
        ):
            break
    for count, word in enumerate(("one", "two", "three", "four", "five"), start=1):
        label = f"a large `tol`, no more than {word} iteration{'s' * (count > 1)}"
        yield Call(label, (0.5, 0.5, 1.0, 3.0, 3.0)[count - 1], **given, max_iterations=count)
    given = _functions("logistic") | {"tol": 0.1, "max_iterations": 50}
    # Every entry of the gradient is small enough there, and its length is not.
    theta, wanted = problem.minimum, 0.08 * rng.choice([-1.0, 1.0], size=4) * rng.uniform(0.8, 1.0, size=4)
    for _ in range(20):
        theta = theta - np.linalg.solve(problem.hessian(theta), problem.gradient(theta) - wanted)
    yield Call("the start is good enough", 6.0, **given, theta=theta)
    given = _functions("bowl") | {"tol": 1e-6, "max_iterations": 50}
    yield Call("the start is the minimum", 2.0, **given, theta=1e-12 * _away_from_zero(rng, 2))
    for label, largest in (("just good enough", 0.8e-5), ("just not good enough", 1.3e-5)):
        theta = rng.choice([-1.0, 1.0], size=2) * [10.0, 0.5]  # where both entries of the gradient are 1
        theta *= largest / np.abs(problems.get("bowl").gradient(theta)).max()
        yield Call(f"all defaults, a start that is {label}", 0.5, **_functions("bowl"), theta=theta)


def _is_easy(f, gradient, theta, tol, most):
    """Whether backtracking, which may get stuck in a bend, is soon there, with few pairs and with all."""
    given = (_first_shorter, f, gradient, theta)
    runs = *(_limited(*given, memory, tol, most) for memory in (5, 8)), _dense(*given, tol, most)
    return max(iterations for _, iterations in runs) < 0.6 * most


def _tells(f, gradient, theta):
    """Whether the way from a start tells L-BFGS with two pairs from others, whatever the line search.

    After an exact step the direction is the same for every scale; and the oldest pair may not matter.
    """
    for search in _SEARCHES:
        way = [_limited(search, f, gradient, theta, 2, 1e-6, count)[0] for count in range(1, 4)]
        points = np.array([theta, *way])
        grads = np.array([gradient(point) for point in points])
        steps, changes = np.diff(points, axis=0), np.diff(grads, axis=0)
        if np.sum(steps * changes, axis=1).min() <= 0:
            return False
        first = grads[1], steps[:1], changes[:1]
        pairs = (
            (_two_loops(*first), _two_loops(*first, scale=lambda steps, changes: 1.0)),
            (_two_loops(grads[3], steps[1:], changes[1:]), _two_loops(grads[3], steps, changes)),
        )
        if any(_are_along(a, b) for a, b in pairs) or not _tells_dense(search, f, gradient, theta):
            return False
    return True


def _tells_a_pair(search, f, gradient, theta, memory, tol, max_iterations):
    """Whether the second step is needed, and in another direction than minus the gradient."""
    point, _ = _limited(search, f, gradient, theta, memory, tol, 1)
    grad = gradient(point)
    direction = _two_loops(grad, [point - theta], [grad - gradient(theta)])
    return np.abs(grad).max() > 1.2 * tol and not _are_along(direction, -grad)


def _are_along(a, b):
    return a @ b > 0.997 * np.linalg.norm(a) * np.linalg.norm(b)


def _tells_dense(search, f, gradient, theta):
    """Whether the third direction of BFGS is another with the update of DFP, and with a y from the first gradient."""
    points = np.array([theta, *(_dense(search, f, gradient, theta, 1e-6, count)[0] for count in (1, 2))])
    grads = np.array([gradient(point) for point in points])
    (s, y), (step, change) = zip(np.diff(points, axis=0), np.diff(grads, axis=0), strict=True)
    if min(s @ y, step @ change) <= 0:
        return False
    scaled = (s @ y) / (y @ y) * np.eye(len(s))
    first, older = _bfgs(scaled, s, y), grads[2] - grads[0]
    wrong = (first if step @ older <= 0 else _bfgs(first, step, older), _davidon(_davidon(scaled, s, y), step, change))
    right = _bfgs(first, step, change) @ grads[2]
    return not any(_are_along(right, matrix @ grads[2]) for matrix in wrong)


def _davidon(inverse, step, change):
    """The update of Davidon, Fletcher and Powell."""
    along = inverse @ change
    return inverse - np.outer(along, along) / (change @ along) + np.outer(step, step) / (change @ step)


# Several times what right answers need; a long line search, or gradient descent, would need more.
BFGS_MOST = {
    "tilted bowl": 60,
    "rosenbrock": 150,
    "long rosenbrock": 200,
    "ill-conditioned": 300,
    "logistic": 90,
    "two wells": 60,
}


@judge(reference.bfgs, points=4, returns=("theta", "iterations"), compare_as=quantities.quasi_newton)
def bfgs(rng):
    yield from _starts(rng, BFGS_MOST)


def _halving(f, gradient, theta, grad, direction):
    """A strong Wolfe step by a bracket and halving."""
    return _bisect(f, gradient, theta, direction)


def _first_shorter(f, gradient, theta, grad, direction):
    """Backtracking; from a steep start gradient descent begins with a short step."""
    return backtracking(f, theta, grad, direction)


def _interpolating(f, gradient, theta, grad, direction):
    """A strong Wolfe step by cubics, from 1."""
    return wolfe_line_search(f, gradient, theta, direction)


def _short_first(f, gradient, theta, grad, direction):
    """A strong Wolfe step whose first length is that of a unit step, as gradient descent needs it."""
    initial = min(1.0, 1 / np.linalg.norm(direction))
    return wolfe_line_search(f, gradient, theta, direction, initial=initial)


# Unlike one another: what holds with all of these is taken to hold with any line search.
_SEARCHES = (_interpolating, _first_shorter, _short_first, _halving)


def _full_step(f, gradient, theta, grad, direction):
    return 1.0


def _shortest(f, gradient, theta, grad, direction):
    """Backtracking that does not ask whether the direction is downhill."""
    step = 1.0
    while step > 1e-15 and not f(theta + step * direction) <= f(theta) + 1e-4 * step * (grad @ direction):
        step = step / 2
    return step


def _is_small(grad, tol, fall):
    return np.abs(grad).max() <= tol


def _stuck(step, theta):
    """Whether the last step was none: the same search would find none again, until the iterations are used up."""
    return step is not None and np.linalg.norm(step) < 1e-14 * np.linalg.norm(theta)


def _once(inverse, first):
    return first if inverse is None else inverse


def _dense(
    search, f, gradient, theta, tol, max_iterations, *,
    small=_is_small, update=True, look_first=True, scale=_once,
    renew=_bfgs, pair=lambda step, change, **others: (step, change), use=np.matmul,
):  # fmt: skip
    """BFGS with another line search, or with one thing wrong.

    scale(M, (s @ y) / (y @ y) * I) is the matrix that is updated; M is None before the first update. renew(M, s, y)
    is the new M, of pair(s, y, ...), and use(M, gradient) minus the direction.
    """
    inverse, step, fall = None, None, np.inf
    grad = start = gradient(theta)
    for iteration in range(max_iterations):
        if small(grad, tol, fall) and (iteration or look_first):
            return theta, iteration
        if _stuck(step, theta):
            return theta, max_iterations
        direction = -grad if inverse is None else -use(inverse, grad)
        step = search(f, gradient, theta, grad, direction) * direction
        new = gradient(theta + step)
        others = {"new": new, "start": start, "direction": direction, "there": theta + step}
        s, y = pair(step, new - grad, **others)
        if update and y @ s > 0:
            first = (y @ s) / (y @ y) * np.eye(len(theta))
            inverse = renew(scale(inverse, first), s, y)
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
    `tol` is ignored, or compared with the length of the gradient, which its largest entry only equals where the
    others are 0: it stops when no entry is larger than `tol`
        return _dense(_halving, f, gradient, theta, 1e-6, max_iterations)
    or
        def small(grad, tol, fall):
            return np.linalg.norm(grad) <= tol
        return _dense(_halving, f, gradient, theta, tol, max_iterations, small=small)
    more steps are made than `max_iterations` allows: after that many it returns
        return _dense(_halving, f, gradient, theta, tol, 1000)
    or
        return _dense(_halving, f, gradient, theta, tol, max_iterations + 1)
    a step is made before the gradient is tested: where the start is good enough, no iteration is
    needed
        return _dense(_halving, f, gradient, theta, tol, max_iterations, look_first=False)
    the start is returned, or not left, since no step along an uphill direction lowers f: replace theta by theta + s
    in every iteration, with s downhill
        return theta, bfgs(f, gradient, theta, tol, max_iterations)[1]
    M begins as the identity, or at another wrong scale: before the first update it is (s @ y) / (y @ y) * I
        def scale(inverse, first):
            return np.eye(len(theta)) if inverse is None else inverse
        return _dense(_halving, f, gradient, theta, tol, max_iterations, scale=scale)
    or
        def scale(inverse, first):
            return np.linalg.inv(first) if inverse is None else inverse
        return _dense(_halving, f, gradient, theta, tol, max_iterations, scale=scale)
    M, or its scale, is made anew in each iteration: M is scaled once, and then updated
        def scale(inverse, first):
            return first
        return _dense(_halving, f, gradient, theta, tol, max_iterations, scale=scale)
    or
        return lbfgs(f, gradient, theta, 10_000, tol, max_iterations)
    y is the new gradient alone: it is the change of the gradient in this step
        def pair(s, y, new, **others):
            return s, new
        return _dense(_halving, f, gradient, theta, tol, max_iterations, pair=pair)
    y is the difference from an older gradient than that before this step: renew it after each step
        def pair(s, y, new, start, **others):
            return s, new - start
        return _dense(_halving, f, gradient, theta, tol, max_iterations, pair=pair)
    the gradient of the start is used in every step: renew it, with theta
        start, one = gradient(theta), None
        for _ in range(min(max_iterations, 40)):
            way = -start if one is None else -one @ start
            s = (1.0 if way @ gradient(theta) > 0 else _halving(f, gradient, theta, start, way)) * way
            y = gradient(theta + s) - start
            if s @ y > 0:
                one = _bfgs((s @ y) / (y @ y) * np.eye(len(s)) if one is None else one, s, y)
            theta = theta + s
        return theta, max_iterations
    s is the direction, without its step length: it is what was added to theta
        def pair(s, y, direction, **others):
            return direction, y
        return _dense(_halving, f, gradient, theta, tol, max_iterations, pair=pair)
    s is the new point: it is what was added to theta
        def pair(s, y, there, **others):
            return there, y
        return _dense(_halving, f, gradient, theta, tol, max_iterations, pair=pair)
    s and y have changed places
        def pair(s, y, **others):
            return y, s
        return _dense(_halving, f, gradient, theta, tol, max_iterations, pair=pair)
    the two factors beside M have changed sides
        def renew(m, s, y):
            rho = 1 / (s @ y)
            left = np.eye(len(s)) - rho * np.outer(y, s)
            return left @ m @ left.T + rho * np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    the same factor stands on both sides of M: one of the two is the transpose of the other
        def renew(m, s, y):
            rho = 1 / (s @ y)
            left = np.eye(len(s)) - rho * np.outer(s, y)
            return left @ m @ left + rho * np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    the last term of the update is missing, the one of s alone
        def renew(m, s, y):
            rho = 1 / (s @ y)
            left = np.eye(len(s)) - rho * np.outer(s, y)
            return left @ m @ left.T
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    the last term of the update lacks its factor rho
        def renew(m, s, y):
            rho = 1 / (s @ y)
            left = np.eye(len(s)) - rho * np.outer(s, y)
            return left @ m @ left.T + np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    the factors beside M have a plus where there is a minus
        def renew(m, s, y):
            rho = 1 / (s @ y)
            left = np.eye(len(s)) + rho * np.outer(s, y)
            return left @ m @ left.T + rho * np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, min(max_iterations, 40), renew=renew)
    rho is upside down, or made of s alone
        def renew(m, s, y):
            rho = s @ y
            left = np.eye(len(s)) - rho * np.outer(s, y)
            return left @ m @ left.T + rho * np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    or
        def renew(m, s, y):
            rho = 1 / (s @ s)
            left = np.eye(len(s)) - rho * np.outer(s, y)
            return left @ m @ left.T + rho * np.outer(s, s)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    M is updated by the formula of Davidon, Fletcher and Powell: that is another method
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=_davidon)
    M is updated by the symmetric formula of rank one, SR1: that is another method
        def renew(m, s, y):
            return m + np.outer(s - m @ y, s - m @ y) / ((s - m @ y) @ y)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    the Hessian and its inverse are mixed: the formula that updates the one, and a direction that takes M for the
    other, which solves with it or multiplies by it
        def renew(m, s, y):
            return m - np.outer(m @ s, m @ s) / (s @ m @ s) + np.outer(y, y) / (s @ y)
        return _dense(_halving, f, gradient, theta, tol, max_iterations, renew=renew)
    or
        return _dense(_halving, f, gradient, theta, tol, max_iterations, use=np.linalg.solve)
    every entry of the gradient is small enough but for its sign: a large negative one counts as well
        def small(grad, tol, fall):
            return grad.max() <= tol
        return _dense(_halving, f, gradient, theta, tol, max_iterations, small=small)
    no step along the direction lowers f, so that the run does not go on: the direction is not downhill. Look at its
    sign, at those of s and y, at the update of M, and whether the gradient is that of the last point
        return _dense(_shortest, f, gradient, theta, tol, max_iterations, use=lambda m, grad: -m @ grad)
    the number of iterations is 1: count the steps that were made
        theta, iterations = bfgs(f, gradient, theta, tol, max_iterations)
        return theta, min(iterations, 1)
    the count is one too large: where `tol` is met at the start, it is 0
        theta, iterations = bfgs(f, gradient, theta, tol, max_iterations)
        return theta, iterations + 1
    the count is one too small: it is that of the steps made
        theta, iterations = bfgs(f, gradient, theta, tol, max_iterations)
        return theta, max(iterations - 1, 0)
    the number allowed is returned: count the steps that were made
        return bfgs(f, gradient, theta, tol, max_iterations)[0], max_iterations
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
    beta=lambda s, y, q: (y @ q) / (y @ s),
    less=lambda weight, s, y: weight * y,
    add=lambda weight, beta, s, y: (weight - beta) * s,
):  # fmt: skip
    """The recursion with other orders of its loops, another first matrix, sign, weight, or sum."""
    q, weights = grad.copy(), {}
    for i in first(range(len(steps))):
        weights[i] = weight(steps[i], changes[i], q)
        q = q - less(weights[i], steps[i], changes[i])
    if len(steps):
        q = q * scale(steps, changes)
    for i in second(range(len(steps))):
        q = q + add(weights[i], beta(steps[i], changes[i], q), steps[i], changes[i])
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
    where the number of pairs is exactly 0 there is no newest one either: test for it, and return minus the gradient
        if len(curvatures): -> if True:
    or
        newest = steps[-1]
        return lbfgs_direction(grad, steps, changes)
    in the second loop beta is added to the weight: it is subtracted
        def add(weight, beta, s, y):
            return (weight + beta) * s
        return _two_loops(grad, steps, changes, add=add)
    in both loops steps and changes have changed places, the scale is right
        return _two_loops(grad, changes, steps, scale=lambda changes, steps: _newest_scale(steps, changes))
    where there is no pair, the gradient is returned as it is: the direction goes downhill, take its negative
        return _dense_direction(grad, steps, changes) if len(steps) else grad.copy()
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


# Who leaves out pairs of little curvature needs more near the minimum.
LBFGS_MOST = BFGS_MOST | {"ill-conditioned": 400}


@judge(reference.lbfgs, points=3, returns=("theta", "iterations"), compare_as=quantities.quasi_newton)
def lbfgs(rng):
    for call in _starts(rng, LBFGS_MOST):
        whole = call.arguments.get("max_iterations", np.inf) > 6
        call.arguments["memory"] = int(rng.integers(5, 9)) if whole else 2
        yield call
    functions = _functions("logistic")
    while True:  # far enough for more than ten pairs
        theta = rng.uniform(-20.0, 20.0, size=4)
        if _shows_its_memory(**values.realise(functions), theta=theta):
            break
    yield Call("all defaults, ten pairs", 0.5, **functions, theta=theta, memory=10)
    yield Call("all defaults, from the same start", 1.0, **functions, theta=theta)


def _shows_its_memory(f, gradient, theta):
    """Whether a run ends elsewhere with one pair less or more than ten, whatever the line search."""
    for search in _SEARCHES:
        runs = (_limited(search, f, gradient, theta, memory, 1e-5, 100) for memory in (9, 10, 11))
        if any(np.allclose(a, b, rtol=1e-7, atol=0) for (a, _), (b, _) in itertools.pairwise(runs)):
            return False
    return True


def _limited(
    search, f, gradient, theta, memory, tol, max_iterations, *,
    small=_is_small, keep=lambda pairs, memory: pairs[-memory:], look_first=True, direction=None,
    pair=lambda step, change, **others: (step, change),
):  # fmt: skip
    """L-BFGS with another line search, or with one thing wrong; keep(pairs, memory) are those kept.

    direction(grad, steps, changes), where there are pairs, each one made by pair(s, y, ...).
    """
    direction = direction or _two_loops
    pairs, step, fall = [], None, np.inf
    grad = start = gradient(theta)
    for iteration in range(max_iterations):
        if small(grad, tol, fall) and (iteration or look_first):
            return theta, iteration
        if _stuck(step, theta):
            return theta, max_iterations
        way = direction(grad, *zip(*pairs, strict=True)) if pairs else -grad
        step = search(f, gradient, theta, grad, way) * way
        new = gradient(theta + step)
        s, y = pair(step, new - grad, new=new, start=start, direction=way, there=theta + step)
        if y @ s > 0:
            pairs = keep([*pairs, (s, y)], memory)
        fall = f(theta) - f(theta + step)
        theta, grad = theta + step, new
    return theta, max_iterations


lbfgs.add_mistakes("""
    this needs as many iterations as gradient descent: are the pairs (s, y) kept, with y the new
    gradient minus the old, and is the direction that of the two loops?
        def keep(pairs, memory):
            return []
        return _limited(_first_shorter, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    only the newest pair is kept, or one fewer than `memory`: append it to those before, up to `memory` pairs
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
    `tol` is ignored, or compared with the length of the gradient, which its largest entry only equals where the
    others are 0: it stops when no entry is larger than `tol`
        return _limited(_halving, f, gradient, theta, memory, 1e-6, max_iterations)
    or
        def small(grad, tol, fall):
            return np.linalg.norm(grad) <= tol
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, small=small)
    more steps are made than `max_iterations` allows: after that many it returns
        return _limited(_halving, f, gradient, theta, memory, tol, 1000)
    or
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations + 1)
    a step is made before the gradient is tested: where the start is good enough, no iteration is
    needed
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, look_first=False)
    no step along the direction lowers f, so that the run does not go on: the direction is not downhill. Is the gradient
    that of the last point? In the loops look at the signs, at rho, at which of s and y stands where, and at the order of pairs and weights
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, sign=1.0)
        return _limited(_shortest, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            q, weights = grad, []
            for s, y in zip(steps[::-1], changes[::-1], strict=True):
                weights.append((s @ q) / (s @ y))
                q = q - weights[-1] * y
            q = q * _newest_scale(steps, changes)
            for s, y, weight in zip(steps, changes, weights, strict=True):
                q = q + (weight - (y @ q) / (s @ y)) * s
            return -q
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, weight=lambda s, y, q: (y @ q) / (y @ s))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, weight=lambda s, y, q: (y @ q) / (y @ s), beta=lambda s, y, q: (s @ q) / (y @ s))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, add=lambda weight, beta, s, y: (beta - weight) * s)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    the start is returned, or not left, since no step along an uphill direction lowers f: replace theta by theta + s
    in every iteration, with s downhill
        return theta, lbfgs(f, gradient, theta, memory, tol, max_iterations)[1]
    more than `memory` pairs are kept: drop the oldest when there are more
        def keep(pairs, memory):
            return pairs[-memory - 1 :]
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    or
        def keep(pairs, memory):
            return pairs
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    the scale between the loops is that of the oldest pair: it is the newest one's
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, scale=lambda s, y: _newest_scale(s[:1], y[:1]))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    this is BFGS, with its dense matrix of all pairs: the direction is that of the newest `memory`
        return bfgs(f, gradient, theta, tol, max_iterations)
    the newest pair comes first: append it, so that the oldest is the first of both lists
        def direction(grad, steps, changes):
            return _two_loops(grad, steps[::-1], changes[::-1])
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    the direction lacks the scale (s @ y) / (y @ y) between the loops, or has it elsewhere, or another one there
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, scale=lambda steps, changes: 1 / _newest_scale(steps, changes))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            way = _two_loops(grad, steps, changes, scale=lambda steps, changes: 1.0)
            return way * _newest_scale(steps, changes)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    y is the new gradient alone: it is the change of the gradient in this step
        def pair(s, y, new, **others):
            return s, new
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    y is the difference from something else than the gradient before this step: that is an older one, or
    was changed in place (`-=`) since
        def pair(s, y, new, start, **others):
            return s, new - start
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    or
        def pair(s, y, new, direction, **others):
            return s, new + direction
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    the gradient of the start is used in every step: renew it, with theta
        start, pairs = gradient(theta), []
        for _ in range(min(max_iterations, 40)):
            way = _two_loops(start, *zip(*pairs, strict=True)) if pairs else -start
            s = (1.0 if way @ gradient(theta) > 0 else _halving(f, gradient, theta, start, way)) * way
            y = gradient(theta + s) - start
            if s @ y > 0:
                pairs = [*pairs, (s, y)][-memory:]
            theta = theta + s
        return theta, max_iterations
    s is the direction, without its step length: it is what was added to theta
        def pair(s, y, direction, **others):
            return direction, y
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    s is the new point: it is what was added to theta
        def pair(s, y, there, **others):
            return there, y
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    s and y have changed places
        def pair(s, y, **others):
            return y, s
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, pair=pair)
    the pairs are all thrown away once there are more than `memory`: drop the oldest alone
        def keep(pairs, memory):
            return pairs if len(pairs) <= memory else []
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, keep=keep)
    the first loop runs the wrong way round: it begins with the newest pair
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, first=iter)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    the second loop runs the wrong way round: it begins with the oldest pair
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, second=reversed)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    both loops run the wrong way round
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, first=iter, second=reversed)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    rho is upside down in the loops, or missing
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, weight=lambda s, y, q: (s @ q) * (y @ s), beta=lambda s, y, q: (y @ q) * (y @ s))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, weight=lambda s, y, q: s @ q, beta=lambda s, y, q: y @ q)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    beta, in the second loop, is missing, or made of s where y is meant
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, beta=lambda s, y, q: (s @ q) / (y @ s))
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    or
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, add=lambda weight, beta, s, y: weight * s)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    one of the loops adds a multiple of the wrong vector: s and y are mixed up there
        def direction(grad, steps, changes):
            return _two_loops(grad, steps, changes, less=lambda weight, s, y: weight * s)
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, direction=direction)
    every entry of the gradient is small enough but for its sign: a large negative one counts as well
        def small(grad, tol, fall):
            return grad.max() <= tol
        return _limited(_halving, f, gradient, theta, memory, tol, max_iterations, small=small)
    the number of iterations is 1: count the steps that were made
        theta, iterations = lbfgs(f, gradient, theta, memory, tol, max_iterations)
        return theta, min(iterations, 1)
    the count is one too large: where `tol` is met at the start, it is 0
        theta, iterations = lbfgs(f, gradient, theta, memory, tol, max_iterations)
        return theta, iterations + 1
    the count is one too small: it is that of the steps made
        theta, iterations = lbfgs(f, gradient, theta, memory, tol, max_iterations)
        return theta, max(iterations - 1, 0)
    the number allowed is returned: count the steps that were made
        return lbfgs(f, gradient, theta, memory, tol, max_iterations)[0], max_iterations
    a `memory` that is given is used, but where it is left out it is not 10: look at the first line of the function
        def keeps_five(f, gradient, theta, memory=5, tol=1e-5, max_iterations=10_000):
            return _limited(_halving, f, gradient, theta, memory, tol, max_iterations)
    or
        def keeps_twenty(f, gradient, theta, memory=20, tol=1e-5, max_iterations=10_000):
            return _limited(_halving, f, gradient, theta, memory, tol, max_iterations)
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


def _batches(rng, n, count, size):
    """Rows of `count` batches, no two alike, each without repetition."""
    return np.array([rng.choice(n, size, replace=False) for _ in range(count)])


@judge(
    reference.batch_pairs,
    points=3,
    returns=("steps", "changes"),
    repair="the two gradients of a pair are of two batches: their difference holds the noise of both, so take both on "
    "the batch of the step",
)
def batch_pairs(rng):
    for label, n, d, t, size, memory in (
        ("one step", 12, 3, 2, 5, 5),
        ("fewer pairs than are kept", 20, 2, 4, 6, 8),
        ("as many pairs as are kept", 15, 3, 5, 4, 4),
        ("more pairs than are kept", 16, 4, 8, 6, 3),
        ("one pair is kept", 14, 2, 5, 5, 1),
        ("batches of one example", 9, 2, 5, 1, 3),
    ):
        x, y = rng.normal(size=(n, d)), 2 * rng.normal(size=n)
        # Short steps: what differs between two batches is larger than what the step changes.
        path = rng.normal(size=d) + 0.2 * np.cumsum(rng.normal(size=(t, d)), axis=0)
        weight = 3.0 if label == "more pairs than are kept" else 1.0
        yield Call(label, weight, x=x, y=y, points=path, rows=_batches(rng, n, t, size), memory=memory)
    # Examples with nothing in the first column, and a step along it: no curvature, and no pair.
    x, y = rng.normal(size=(12, 2)), rng.normal(size=12)
    x[:6, 0] = 0
    path = rng.normal(size=2) + 0.3 * np.cumsum(rng.normal(size=(5, 2)), axis=0)
    path[2] = path[1] + [0.5, 0]
    rows = np.array([rng.permutation(6)[:4] + 6 for _ in range(5)])
    rows[1] -= 6
    yield Call("a step without curvature", 3.0, x=x, y=y, points=path, rows=rows, memory=3)
    alone = {"points": path[1:3] + rng.normal(size=2), "rows": rows[1:3]}
    yield Call("no pair: the only step is without curvature", 0.5, x=x, y=y, **alone, memory=3)


batch_pairs.add_mistakes("""
    the two gradients of a pair are of two batches: their difference holds the noise of both, so take
    both on the batch of the step
        gradient(points[k + 1], rows[k]) -> gradient(points[k + 1], rows[k + 1])
    both gradients are of the batch after the step: take the one on which the step was made
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], rows[k + 1]) - gradient(points[k], rows[k + 1])
    the batches have changed places: both gradients are of the batch on which the step was made
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], rows[k]) - gradient(points[k], rows[k + 1])
    all examples are used: both gradients are of the batch on which the step was made
        gradient(points[k + 1], rows[k]) - before -> x.T @ (x @ step) / len(x)
    the examples of both batches are used: only those of the batch on which the step was made
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], np.append(rows[k], rows[k + 1])) - gradient(points[k], np.append(rows[k], rows[k + 1]))
    all gradients are of the first batch: each pair has the batch on which its own step was made
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], rows[0]) - gradient(points[k], rows[0])
    each pair has the batch before its own: it is the one of the same number as the step's beginning
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], rows[k - 1]) - gradient(points[k], rows[k - 1])
    no pair is left: the change is the gradient after the step minus that before
        change = gradient(points[k + 1], rows[k]) -> change = gradient(points[k], rows[k])
    or
        change = gradient(points[k + 1], rows[k]) - before -> change = gradient(points[k + 1], rows[k]) - gradient(points[k + 1], rows[k])
    or
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k], rows[k]) - gradient(points[k + 1], rows[k])
    the two gradients of a pair are still of two batches, and the pairs of negative curvature are turned
        gradient(points[k + 1], rows[k]) - before -> gradient(points[k + 1], rows[k + 1]) - before; change = change * np.sign(change @ step)
    two batches still, averaged: take both gradients on one, the batch of the step
        gradient(points[k + 1], rows[k]) - before -> (gradient(points[k + 1], rows[k]) + gradient(points[k + 1], rows[k + 1])) / 2 - before
    the oldest pairs are kept: keep the newest
        steps[-memory:] -> steps[:memory]
        changes[-memory:] -> changes[:memory]
    all pairs are kept: keep the newest `memory`
        steps[-memory:] -> steps
        changes[-memory:] -> changes
    the gradient is divided by all examples: the loss of a batch is a mean over its own
        / len(batch) -> / len(y)
    the gradient is the sum over the batch: the loss is a mean
        / len(batch) -> / 1
    the newest pair comes first: the oldest does
        steps[-memory:] -> steps[-memory:][::-1]
        changes[-memory:] -> changes[-memory:][::-1]
    a pair without curvature is kept: leave it out where change @ step is not positive
        if change @ step > 0 -> if True
    where the number of pairs is exactly 0 the arrays have lost their second side: their shape is (0, d)
        np.reshape(steps[-memory:], shape) -> np.array(steps[-memory:])
        np.reshape(changes[-memory:], shape) -> np.array(changes[-memory:])
    the newest `memory` steps are taken before those without curvature are left out, so that rows are missing:
    leave out first, then keep the newest
        range(len(points) - 1) -> range(max(len(points) - 1 - memory, 0), len(points) - 1)
""")
batch_pairs.add_variants("""
    by the Hessian of each batch
        steps = np.diff(points, axis=0)
        changes = np.array([x[r].T @ (x[r] @ s) / len(r) for r, s in zip(rows, steps, strict=False)])
        good = np.sum(steps * changes, axis=1) > 1e-12
        return steps[good][-memory:], changes[good][-memory:]
    a list for each, cut as it grows
        def slope(theta, batch):
            return np.mean((x[batch] @ theta - y[batch])[:, None] * x[batch], axis=0)
        steps, changes = [], []
        for old, new, batch in zip(points, points[1:], rows, strict=False):
            step, change = new - old, slope(new, batch) - slope(old, batch)
            if step @ change > 1e-14:
                steps, changes = [*steps, step][-memory:], [*changes, change][-memory:]
        return (steps, changes) if steps else (np.empty((0, x.shape[1])),) * 2
    the gradient kept from the step, and one more computed after it
        kept = []
        for k in range(len(points) - 1):
            a, b = x[rows[k]], y[rows[k]]
            before = (a @ points[k] - b) @ a / len(b)
            after = (a @ points[k + 1] - b) @ a / len(b)
            if np.sum((points[k + 1] - points[k]) * (after - before)) > 1e-14:
                kept.append((points[k + 1] - points[k], after - before))
        kept = np.reshape(kept[-memory:], (-1, 2, x.shape[1]))
        return kept[:, 0], kept[:, 1]
    from the newest backwards
        found = []
        for k in reversed(range(len(points) - 1)):
            s, a = points[k + 1] - points[k], x[rows[k]]
            change = (a.T @ a) @ s / len(rows[k])
            if s @ change > 1e-14 and len(found) < memory:
                found.append(np.stack([s, change]))
        return tuple(np.reshape(found[::-1], (-1, 2, x.shape[1])).transpose(1, 0, 2))
""")


def _decay(rng, n, noise):
    """Times, measurements with noise, and the a and b that they are of."""
    t = np.sort(rng.uniform(0, 4, n))
    truth = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(1.5, 3.0), rng.uniform(0.4, 0.9)])
    return t, truth[0] * np.exp(-truth[1] * t) + noise * rng.normal(size=n), truth


def _taken(t, y, theta, damping, n_trials):
    """Which trials of the reference are taken, or nothing where one of them is a close decision."""
    points = reference.fit_decay(t, y, theta, damping, n_trials)
    taken = []
    for old, new in itertools.pairwise(points):
        taken.append(bool(np.any(old != new)))
        fall, r = np.exp(-old[1] * t), old[0] * np.exp(-old[1] * t) - y
        jacobian = np.stack([fall, -old[0] * t * fall], axis=1)
        step = np.linalg.solve(jacobian.T @ jacobian + damping * np.eye(2), jacobian.T @ r)
        trial = old - step
        before, after = (np.sum((a * np.exp(-b * t) - y) ** 2) for a, b in (old, trial))
        if not abs(after - before) > 0.02 * before or np.linalg.norm(step) < 0.02 or not after < 1e6:
            return None
        damping = damping / 10 if taken[-1] else damping * 10
    return taken


def _still_moves(*given):
    """Whether trials are taken, too, without damping, with the columns exchanged, and by sums: else these look alike."""
    t = given[0]
    runs = (
        _fit(*given, matrix=lambda j, damping, r, theta: j.T @ j),
        _fit(*given, jacobian=lambda fall, theta: np.stack([-theta[0] * t * fall, fall], axis=1)),
        _fit(*given, better=lambda new, r: new.sum() < r.sum()),
    )
    if given[-1] != 2:  # asked of one case of those in which all trials are taken
        return True
    return all(np.ptp(points, axis=0).max() > 1e-3 for points in runs)


@judge(reference.fit_decay, points=4, returns=("points",))
def fit_decay(rng):
    for label, weight, n, noise, damping, pattern in (
        ("one trial, which is taken", 1, 9, 0.3, 0.5, [True]),
        ("one trial, which is not taken", 0.5, 8, 0.2, 1e-3, [False]),
        ("much damping", 1, 12, 0.3, 20.0, [True, True]),
        ("three trials, all taken", 1, 10, 0.1, 1.0, [True, True, True]),
        ("the first trial is not taken, the others are", 3, 11, 0.2, 0.01, [False, True, True]),
        ("two are not taken, then two are", 3, 10, 0.2, 1e-3, [False, False, True, True]),
        ("a trial is not taken after one that is", 3, 9, 0.4, 0.3, [True, False, True]),
    ):
        while True:
            t, y, truth = _decay(rng, n, noise)
            theta = truth * rng.uniform(0.2, 2.0, 2) + rng.uniform(-1.0, 1.0, 2)
            first = damping * rng.uniform(0.7, 1.5)
            # Where a case weighs most, sums of absolute values decide otherwise.
            if (
                _taken(t, y, theta, first, len(pattern)) == pattern
                and (not all(pattern) or _still_moves(t, y, theta, first, len(pattern)))
                and (weight < 3 or _taken_by_sizes(t, y, theta, first, len(pattern)) != pattern)
            ):
                break
        yield Call(label, weight, t=t, y=y, theta=theta, damping=first, n_trials=len(pattern))


def _taken_by_sizes(t, y, theta, damping, n_trials):
    """Which trials are taken where the residuals' absolute values are added, not their squares."""
    points = _fit(t, y, theta, damping, n_trials, better=lambda new, r: np.abs(new).sum() < np.abs(r).sum())
    return [bool(np.any(old != new)) for old, new in itertools.pairwise(points)]


def _fit(
    t, y, theta, damping, n_trials, *, matrix=None, jacobian=None, slope=None, better=None, change=None, noted=None
):
    """The reference with one part exchanged."""

    def residuals(theta):
        return theta[0] * np.exp(-theta[1] * t) - y

    theta = np.array(theta, dtype=float)
    points = [theta]
    for _ in range(n_trials):
        fall, r = np.exp(-theta[1] * t), residuals(theta)
        j = jacobian(fall, theta) if jacobian else np.stack([fall, -theta[0] * t * fall], axis=1)
        left = matrix(j, damping, r, theta) if matrix else j.T @ j + damping * np.eye(2)
        trial = theta - np.linalg.solve(left, slope(j, r) if slope else j.T @ r)
        new = residuals(trial)
        good = better(new, r) if better else new @ new < r @ r
        theta = trial if good else theta
        points.append(noted(theta, trial) if noted else theta)
        damping = change(damping, good) if change else damping / 10 if good else damping * 10
    return np.array(points)


fit_decay.add_mistakes("""
    all points are the last one: `+=` and `-=` change the array that is in the list already, so put a copy there
        points = fit_decay(t, y, theta, damping, n_trials)
        return np.repeat(points[-1:], len(points), axis=0)
    the step goes uphill: with residuals a * exp(-b t) - y it is subtracted
        theta - np.linalg.solve -> theta + np.linalg.solve
    or
        return _fit(t, y, theta, damping, n_trials, slope=lambda j, r: -j.T @ r)
    the damping is left out: this is the step of Gauss and Newton
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: j.T @ j)
    the damping is added to every entry: only the diagonal is damped
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: j.T @ j + damping)
    the diagonal is multiplied by 1 + damping (Marquardt's scaling): here the damping itself is added
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: j.T @ j + damping * np.diag(np.diag(j.T @ j)))
    the damping is squared: in a system with rows for the damping its root stands
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: j.T @ j + damping**2 * np.eye(2))
    every trial is taken: theta stays where the loss would not fall
        return _fit(t, y, theta, damping, n_trials, better=lambda new, r: True)
    every trial is taken, and only the damping looks at the loss: theta stays where it would not fall
        theta = np.array(theta, dtype=float)
        points = [theta]
        for _ in range(n_trials):
            fall = np.exp(-theta[1] * t)
            r = theta[0] * fall - y
            j = np.stack([fall, -theta[0] * t * fall], axis=1)
            trial = theta - np.linalg.solve(j.T @ j + damping * np.eye(2), j.T @ r)
            new = trial[0] * np.exp(-trial[1] * t) - y
            damping = damping / 10 if new @ new < r @ r else damping * 10
            theta = trial
            points.append(theta)
        return np.array(points)
    the damping changes the wrong way round: less of it after a trial that is taken, more after one
    that is not
        return _fit(t, y, theta, damping, n_trials, change=lambda damping, good: damping * 10 if good else damping / 10)
    the damping stays as it was: a tenth of it after a trial that is taken, ten times as much after
    one that is not
        return _fit(t, y, theta, damping, n_trials, change=lambda damping, good: damping)
    the damping shrinks only: after a trial that is not taken it is ten times as much
        return _fit(t, y, theta, damping, n_trials, change=lambda damping, good: damping / 10 if good else damping)
    the damping grows only: after a trial that is taken it is a tenth
        return _fit(t, y, theta, damping, n_trials, change=lambda damping, good: damping if good else damping * 10)
    the derivative by b has the wrong sign: exp(-b t) falls as b grows
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1) -> jacobian = np.stack([fall, theta[0] * t * fall], axis=1)
    the derivative by b lacks the factor a
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1) -> jacobian = np.stack([fall, -t * fall], axis=1)
    the derivative by b lacks the factor t, which the exponent brings out
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1) -> jacobian = np.stack([fall, -theta[0] * fall], axis=1)
    the derivative by b has b in front: it is by b, not by t
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1) -> jacobian = np.stack([fall, -theta[0] * theta[1] * fall], axis=1)
    the columns have changed places: first the derivative by a, then that by b
        jacobian = np.stack([fall, -theta[0] * t * fall], axis=1) -> jacobian = np.stack([-theta[0] * t * fall, fall], axis=1)
    the sums of the residuals' absolute values are compared: the loss is that of their squares
        return _fit(t, y, theta, damping, n_trials, better=lambda new, r: np.abs(new).sum() < np.abs(r).sum())
    the sums of the residuals are compared: the loss is that of their squares
        return _fit(t, y, theta, damping, n_trials, better=lambda new, r: new.sum() < r.sum())
    means stand for the sums: the loss is half the sum of the squares, beside which the damping counts
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: j.T @ j / len(t) + damping * np.eye(2), slope=lambda j, r: j.T @ r / len(t))
    the gradient is twice too large: the loss is half the sum of the squares
        return _fit(t, y, theta, damping, n_trials, slope=lambda j, r: 2 * j.T @ r)
    or
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: 2 * j.T @ j + damping * np.eye(2), slope=lambda j, r: 2 * j.T @ r)
    this is gradient descent with a rate of 1 / damping: the curvature of the residuals is not used
        return _fit(t, y, theta, damping, n_trials, matrix=lambda j, damping, r, theta: damping * np.eye(2))
    the second derivatives of the residuals are in the matrix: this is Newton's step, damped
        def matrix(j, damping, r, theta):
            fall = np.exp(-theta[1] * t)
            mixed = np.sum(-t * fall * r)
            return j.T @ j + np.array([[0, mixed], [mixed, np.sum(theta[0] * t**2 * fall * r)]]) + damping * np.eye(2)
        return _fit(t, y, theta, damping, n_trials, matrix=matrix)
    the trials are returned, also those that were not taken: theta stays there
        return _fit(t, y, theta, damping, n_trials, noted=lambda theta, trial: trial)
    the start is missing: it is the first point
        return fit_decay(t, y, theta, damping, n_trials)[1:]
    only the last point is returned: return theta after every trial, too
        return fit_decay(t, y, theta, damping, n_trials)[-1]
    a trial that is not taken is not noted: theta after it is what it was before
        points = fit_decay(t, y, theta, damping, n_trials)
        return points[np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))]
""")
fit_decay.add_variants("""
    residuals the other way round, by least squares with rows for the damping
        theta = np.asarray(theta, dtype=float)
        path = [theta]
        for _ in range(n_trials):
            a, b = path[-1]
            e = np.exp(-b * t)
            rows = np.vstack([np.column_stack([e, -a * t * e]), np.sqrt(damping) * np.eye(2)])
            step = np.linalg.lstsq(rows, np.append(y - a * e, [0, 0]), rcond=None)[0]
            new = y - (a + step[0]) * np.exp(-(b + step[1]) * t)
            if np.linalg.norm(new) < np.linalg.norm(y - a * e):
                path.append(path[-1] + step)
                damping *= 0.1
            else:
                path.append(path[-1].copy())
                damping *= 10
        return path
    the two equations solved by hand
        a, b = (float(value) for value in theta)
        points = [(a, b)]
        loss = sum((a * np.exp(-b * t) - y) ** 2)
        for _ in range(n_trials):
            e = np.exp(-b * t)
            r, q = a * e - y, -a * t * e
            p11, p12, p22 = e @ e + damping, e @ q, q @ q + damping
            det = p11 * p22 - p12**2
            da = (p22 * (e @ r) - p12 * (q @ r)) / det
            db = (p11 * (q @ r) - p12 * (e @ r)) / det
            new = sum(((a - da) * np.exp(-(b - db) * t) - y) ** 2)
            if new < loss:
                a, b, loss, damping = a - da, b - db, new, damping / 10
            else:
                damping = damping * 10
            points.append((a, b))
        return points
    an array filled in place, with the inverse
        points = np.empty((n_trials + 1, 2))
        points[0] = theta
        for k in range(n_trials):
            model = lambda p: p[0] * np.exp(-p[1] * t)
            j = np.c_[model((1, points[k, 1])), -t * model(points[k])]
            step = np.linalg.inv(j.T @ j + np.diag([damping, damping])) @ (j.T @ (model(points[k]) - y))
            falls = np.mean((model(points[k] - step) - y) ** 2) < np.mean((model(points[k]) - y) ** 2)
            points[k + 1] = points[k] - step if falls else points[k]
            damping = damping * (0.1 if falls else 10.0)
        return points
    in the basis of singular vectors
        theta = np.array(theta, float)
        points = [theta]
        for _ in range(n_trials):
            e = np.exp(-theta[1] * t)
            u, s, vt = np.linalg.svd(np.array([e, -theta[0] * t * e]).T, full_matrices=False)
            r = theta[0] * e - y
            trial = theta - vt.T @ (s / (s**2 + damping) * (u.T @ r))
            if np.sum((trial[0] * np.exp(-trial[1] * t) - y) ** 2) < np.sum(r**2):
                theta, damping = trial, damping / 10
            else:
                damping = 10 * damping
            points.append(theta)
        return np.array(points)
""")


@judge(reference.spectral_direction, points=3, returns=("direction",))
def spectral_direction(rng):
    def gradient(sizes, m, n):
        u, _ = np.linalg.qr(rng.normal(size=(m, len(sizes))))
        v, _ = np.linalg.qr(rng.normal(size=(n, len(sizes))))
        return (u * sizes) @ v.T

    for label, m, n, scale in (
        ("square", 3, 3, 1.0),
        ("more rows than columns", 5, 3, 1.0),
        ("more columns than rows", 2, 4, 1.0),
        ("a small gradient", 4, 4, 1e-13),
        ("a large one", 3, 4, 50.0),
    ):
        sizes = scale * np.array([2.0, 0.8, 0.3, 0.1])[: min(m, n)] * rng.uniform(0.8, 1.2, min(m, n))
        yield Call(label, grad=gradient(sizes, m, n))
    yield Call("a direction that does nothing", 2.0, grad=gradient(rng.uniform([1.5, 0.4], [2.5, 0.8]), 4, 3))
    yield Call("one column", grad=gradient(rng.uniform(1.5, 3.0, 1), 4, 1))
    little = rng.uniform([1.5, 0.5, 6e-4], [2.0, 0.8, 9e-4])
    yield Call("a direction that does little", 2.0, grad=gradient(little, 3, 3))
    next_to_nothing = rng.uniform([1.5, 0.5, 1.5e-14], [2.5, 0.8, 3e-14])
    yield Call("a direction that does next to nothing", grad=gradient(next_to_nothing, 3, 4))


def _muon(grad, steps=5, small=0.0, before=True, b=-4.7750, c=2.0315):
    """The steps of Jordan et al. (2024), or those with one thing changed."""
    g = grad / (np.linalg.norm(grad) + small) if before else grad
    tall = grad.shape[0] > grad.shape[1]
    g = g.T if tall else g
    for _ in range(steps):
        a = g @ g.T
        g = 3.4445 * g + (b * a + c * a @ a) @ g
    return g.T if tall else g


spectral_direction.add_mistakes("""
    the direction goes uphill: the least sum is asked for
        return -spectral_direction(grad)
    or
        u, _, vt = np.linalg.svd(grad, full_matrices=False)
        return u @ vt
    singular values below a fixed number are dropped, whatever the largest is: below a millionth of it they
    count as 0
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        return -(u * (sizes > 1e-6)) @ vt
    singular values below a thousandth are dropped: below a millionth of the largest
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        return -(u * (sizes > 1e-3)) @ vt
    this is the gradient divided by its length as a list of numbers: the length of a matrix is its
    largest stretch here
        return -grad / np.linalg.norm(grad)
    this is the gradient divided by its largest singular value: the others may be 1 as well
        return -grad / np.linalg.norm(grad, 2)
    this is the sign of each entry, the steepest direction where the largest entry is the length
        return -np.sign(grad)
    this is minus the gradient, and its length is whatever it is
        return -grad
    directions in which the gradient does nothing are in it: of several answers take the shortest
        u, _, vt = np.linalg.svd(grad, full_matrices=False)
        return -u @ vt
    the singular values are divided by twice, so that the small ones become the large: this is the
    pseudoinverse, transposed
        return -np.linalg.pinv(grad, rcond=1e-6).T
    `vt` is transposed once more: `np.linalg.svd` returns it transposed already
        u, _, vt = np.linalg.svd(grad, full_matrices=False)
        return -u @ vt.T
    or
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        kept = sizes > 1e-6 * sizes[0]
        return -u[:, kept] @ vt.T[kept]
    each column is divided by its length: directions that several columns share count several times
        lengths = np.linalg.norm(grad, axis=0)
        return -grad / np.where(lengths > 0, lengths, 1.0)
    each row is divided by its length: directions that several rows share count several times
        lengths = np.linalg.norm(grad, axis=1, keepdims=True)
        return -grad / np.where(lengths > 0, lengths, 1.0)
    only the largest singular value has its direction here: all of them count
        return -u[:, kept] @ vt[kept] -> return -u[:, :1] @ vt[:1]
    the singular values are only nearly 1: these are the few steps of Muon's polynomial
        return -_muon(grad)
    or
        g = grad / np.linalg.norm(grad)
        for _ in range(5):
            g = 1.5 * g - 0.5 * g @ g.T @ g
        return -g
    or
        return -_muon(grad, small=1e-7)
    or
        return -_muon(grad, steps=10)
    or
        g = grad / np.linalg.norm(grad)
        for _ in range(10):
            g = 1.5 * g - 0.5 * g @ g.T @ g
        return -g
    the direction goes uphill, and its singular values are only nearly 1, after the few steps of Muon's
    polynomial
        return _muon(grad)
    or
        return _muon(grad, small=1e-7)
    Muon's steps begin with a gradient that was not divided by its length, or only afterwards: above some
    size the polynomial makes singular values ever larger
        return -_muon(grad, before=False)
    or
        g = _muon(grad, before=False)
        return -g / np.linalg.norm(g)
    or
        g = grad
        for _ in range(20):
            g = 1.5 * g - 0.5 * g @ g.T @ g
        return -g
    two coefficients of Muon's polynomial have changed places: the cube has the negative one
        return -_muon(grad, b=2.0315, c=-4.7750)
    Muon's steps make a tall gradient wide, and it is left so: transpose it back
        g = _muon(grad)
        return -g.T if grad.shape[0] > grad.shape[1] else -g
    or
        g = _muon(grad, small=1e-7)
        return -g.T if grad.shape[0] > grad.shape[1] else -g
    Muon's scale by the numbers of rows and columns is in it: the largest singular value is to be 1
        return -_muon(grad) * np.sqrt(max(1, grad.shape[0] / grad.shape[1]))
    or
        return -_muon(grad, small=1e-7) * np.sqrt(max(1, grad.shape[0] / grad.shape[1]))
    the singular values divide: they are all replaced by 1
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        return -(u / sizes) @ vt
    these are the left singular vectors alone: the direction has the right ones, too
        return -np.linalg.svd(grad, full_matrices=False)[0]
    not only singular values below a millionth are dropped: down to a millionth of the largest all of
    them count
        kept = sizes > 1e-6 * sizes[0] -> kept = sizes > 1e-3 * sizes[0]
    singular values are kept that are more than what rounding has left: below a millionth of the largest they
    count as 0
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        rank = np.linalg.matrix_rank(grad)
        return -u[:, :rank] @ vt[:rank]
    or
        kept = sizes > 1e-6 * sizes[0] -> kept = sizes > 1e-15 * sizes[0]
    the roots of the singular values are left: they are all to be 1
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        return -(u * np.sqrt(sizes)) @ vt
    the direction has length 1 as a list of numbers: its largest singular value may be 1
        direction = spectral_direction(grad)
        return direction / np.linalg.norm(direction)
    the lowest value is returned: the direction is asked for
        return -np.linalg.svd(grad, compute_uv=False).sum()
    the direction is multiplied by the sum of the singular values: it may make no vector longer
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        kept = sizes > 1e-6 * sizes[0]
        return -sizes.sum() * u[:, kept] @ vt[kept]
    or
        u, sizes, vt = np.linalg.svd(grad, full_matrices=False)
        return -sizes.sum() * u @ vt
""")
spectral_direction.add_variants("""
    by the eigenvectors of grad.T @ grad
        values, vectors = np.linalg.eigh(grad.T @ grad)
        kept = values > 1e-11 * values.max()
        v = vectors[:, kept]
        return -grad @ (v / np.sqrt(values[kept])) @ v.T
    by many steps of Newton and Schulz
        g = grad / np.linalg.norm(grad)
        for _ in range(28):
            g = 1.5 * g - 0.5 * g @ (g.T @ g)
        return -g
    one singular triple after the other
        u, sizes, vt = np.linalg.svd(grad)
        direction = np.zeros(grad.shape)
        for i, size in enumerate(sizes):
            if size > 1e-6 * sizes[0]:
                direction -= np.outer(u[:, i], vt[i])
        return direction
    in float32
        u, sizes, vt = np.linalg.svd(grad.astype(np.float32), full_matrices=False)
        return -(u * (sizes > 1e-6 * sizes.max())) @ vt
    by the pseudoinverse of the root of grad @ grad.T
        values, vectors = np.linalg.eigh(grad @ grad.T)
        roots = np.sqrt(np.clip(values, 0, None))
        root = (vectors * roots) @ vectors.T
        return -np.linalg.pinv(root, rcond=1e-6, hermitian=True) @ grad
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
