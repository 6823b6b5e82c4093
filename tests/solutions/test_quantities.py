"""What of a random result is compared: right draws pass at any seed, other distributions are told."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.authoring import Call, judge
from gradus.calling import call as attempt
from gradus.distributions import Law, Sample, compare_sample
from gradus.plan import Mistake, Seen
from gradus.values import Problem, Rng
from gradus.verdict import examine
from solutions import quantities, quasi_newton


def around(truth, rng):
    return truth + rng.normal(0.0, 0.5, (50, len(truth)))


@judge(around, points=1, returns=("targets",), compare_as=quantities.residuals)
def noisy(rng):
    truth, seed = rng.uniform(-9, 9, 30), int(rng.integers(2**31))
    for label, given in (("one", seed), ("the same seed", seed), ("another seed", seed + 1)):
        yield Call(label, truth=truth, rng=Rng(given))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (around, ""),
        (lambda truth, rng: around(truth, rng).astype(np.float32), ""),
        (lambda truth, rng: [[rng.normal(t, 0.5) for t in truth] for _ in range(50)], ""),
        (lambda truth, rng: around(0 * truth, rng), "the noise: the "),
        (lambda truth, rng: around(truth[::-1], rng), "the noise: the standard deviation"),
        (lambda truth, rng: truth + rng.normal(0, 0.7, (50, 30)), "the noise: the standard"),
        (lambda truth, rng: truth + np.tile(rng.normal(0, 0.5, 30), (50, 1)), "the noise"),
        (lambda truth, rng: truth + rng.normal(0, 0.5, (50, 1)), "the noise"),
        (lambda truth, rng: truth + np.zeros((50, 30)), "the noise"),
    ],
)
def test_noise_around_the_truth_is_one_draw_for_each_entry(answer, said, seed):
    plan = noisy.plan(seed)
    verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
    assert (verdict.status, bool(said)) in (("right", False), ("wrong", True))
    assert verdict.cases[0].message.startswith(said)


def flip(images, p, rng):
    mirrored = rng.random(len(images)) < p
    return np.where(mirrored[:, None, None, None], images[..., ::-1], images)


def crop(images, size, rng):
    n, _, h, w = images.shape
    rows, columns = rng.integers(h - size + 1, size=n), rng.integers(w - size + 1, size=n)
    return np.stack(
        [
            image[:, r : r + size, c : c + size]
            for image, r, c in zip(images, rows, columns, strict=True)
        ]
    )


def drop(x, p, rng):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def drop_weights(x, weights, p, rng):
    _, mask = drop(weights, p, rng)
    return x @ (weights * mask), mask


def block(x, residual, survival, training, rng):
    return x + (rng.random((len(x), 1)) < survival if training else survival) * residual


CHANCES = {
    "flips": (flip, {"images": (900, 1, 2, 4), "p": 0.3}),
    "crops": (crop, {"images": (200, 1, 3, 4), "size": 2}),
    "dropout": (drop, {"x": (200, 12), "p": 0.4}),
    "dropconnect": (drop_weights, {"x": (2, 12), "weights": (12, 200), "p": 0.4}),
    "stochastic_depth": (
        block, {"x": (300, 4), "residual": (300, 4), "survival": 0.7, "training": True},
    ),
}  # fmt: skip


def plan_of_chance(name, seed):
    reference, arguments = CHANCES[name]

    @judge(
        reference,
        points=1,
        compare_as=getattr(quantities, name),
        returns=("out", "mask") if "drop" in name else ("out",),
    )
    def exercise(rng):
        given = {
            key: rng.uniform(0.5, 2.0, value) if isinstance(value, tuple) else value
            for key, value in arguments.items()
        }
        chance = int(rng.integers(2**31))
        for label, number in (("one", chance), ("the same seed", chance), ("another", chance + 1)):
            yield Call(label, **given, rng=Rng(number))

    return exercise.plan(seed)


def said_of(plan, answer):
    return examine(plan, [attempt(answer, case) for case in plan.cases]).message


def single(result):
    return tuple(map(single, result)) if isinstance(result, tuple) else result.astype(np.float32)


def drawn_later(function):
    """The same distribution by other draws."""

    def answer(*args):
        args[-1].random(7)
        return single(function(*args))

    return answer


@pytest.mark.parametrize("name", CHANCES)
def test_these_quantities_let_a_right_answer_draw_as_it_likes(name):
    for seed in range(40):
        assert (
            said_of(plan_of_chance(name, seed), drawn_later(CHANCES[name][0])) == "all 3 cases pass"
        )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("flips", lambda images, p, rng: flip(images, 1 - p, rng), "which images are mirrored"),
        ("flips", lambda images, p, rng: flip(images[..., ::-1, :], p, rng), "each image is"),
        ("flips", lambda images, p, rng: flip(images[:1], p, rng) + 0 * images, "each image is"),
        (
            "flips",
            lambda images, p, rng: flip(images, np.arange(900) < p * 900, np.random.default_rng()),
            "the pairs of neighbours",
        ),
        ("crops", lambda images, size, rng: crop(images[..., :-1], size, rng), "the columns"),
        ("crops", lambda images, size, rng: crop(images, size, rng) + 0.1, "each crop is"),
        ("crops", lambda images, size, rng: crop(images[::-1], size, rng), "each crop is"),
        ("dropout", lambda x, p, rng: drop(x, 1 - p, rng), "the mask"),
        ("dropout", lambda x, p, rng: (x, drop(x, p, rng)[1]), "the result is x * mask"),
        (
            "dropout",
            lambda x, p, rng: (lambda mask: (x * mask, mask))(
                rng.permuted(np.tile(np.arange(12) >= 5, (200, 1)), axis=1) * 12 / 7
            ),
            "the mask",
        ),
        (
            "dropconnect",
            lambda x, weights, p, rng: (x @ weights, drop(weights, p, rng)[1]),
            "the result is x @",
        ),
        (
            "dropconnect",
            lambda x, weights, p, rng: (lambda mask: (x @ (weights * mask), mask))(
                np.repeat(drop(weights[:1], p, rng)[1], 12, axis=0)
            ),
            "the mask averaged over each column",
        ),
        (
            "stochastic_depth",
            lambda x, residual, survival, training, rng: x + drop(residual, 0.3, rng)[0] * 0.7,
            "each example keeps",
        ),
        (
            "stochastic_depth",
            lambda x, residual, survival, training, rng: block(x, residual, 0.3, training, rng),
            "the share of the branch",
        ),
    ],
)
def test_these_quantities_tell_what_is_wrong(name, answer, said, seed):
    assert said_of(plan_of_chance(name, seed), answer).startswith(said)


@pytest.mark.parametrize("seed", range(5))
def test_the_sign_of_an_eigenvector_is_free(seed):
    def shift(images, alphas, signs=(1, 1, 1), power=1.0):
        pixels = np.moveaxis(images, 1, -1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        along = alphas * (values**power)[::-1] * np.array(signs)
        return images + (along @ vectors[:, ::-1].T)[:, :, None, None]

    @judge(shift, points=1, returns=("images",), rtol=1e-4, compare_as=quantities.colour_shifts)
    def exercise(rng):
        images = rng.uniform(size=(9, 3, 4, 5)) * [[[[1.0]], [[2.0]], [[4.0]]]]
        yield Call("one", images=images, alphas=rng.normal(0, 0.5, (9, 3)))

    plan = exercise.plan(seed)
    turned = lambda images, alphas: single(shift(images, alphas, (-1, 1, -1)))  # noqa: E731
    assert said_of(plan, turned) == "all 1 cases pass"
    wrong = lambda images, alphas: shift(images, alphas, power=0.5)  # noqa: E731
    assert said_of(plan, wrong).startswith("the shifts along")
    noise = lambda images, alphas: shift(images, alphas) + 0.01 * (images > 1)  # noqa: E731
    assert said_of(plan, noise).startswith("the same shift")


def cut(order, size=10):
    return [order[start : start + size] for start in range(0, len(order), size)]


@judge(
    lambda n, rng: cut(rng.permutation(n)),
    points=1,
    returns=("batches",),
    compare_as=quantities.batches,
)
def epochs(rng):
    seed = int(rng.integers(2**31))
    for label, n, given in (
        ("one", 1004, seed),
        ("the same seed", 1004, seed),
        ("another seed", 1004, seed + 1),
        ("few", 17, seed),
    ):
        yield Call(label, n=n, rng=Rng(given))


def in_halves(n, rng):
    """Two halves, each shuffled for itself."""
    return cut(np.concatenate([rng.permutation(n // 2), n // 2 + rng.permutation(n - n // 2)]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n, rng: cut(rng.permutation(n)), "all 4 cases pass"),
        (lambda n, rng: [sorted(part) for part in cut(rng.permutation(n))], "all 4 cases pass"),
        (lambda n, rng: cut(np.argsort(rng.random(n)).astype(np.int32)), "all 4 cases pass"),
        (lambda n, rng: cut(rng.permutation(n) % (n - 1)), "the numbers of all batches"),
        (lambda n, rng: cut(rng.integers(n, size=n)), "the numbers of all batches"),
        (lambda n, rng: cut(rng.permutation(n))[:-1], "batches: expected 101 items"),
        (lambda n, rng: rng.permutation(n), "batches: expected 101 items"),
        (lambda n, rng: np.array_split(rng.permutation(n), -(-n // 10)), "batches[95]: expected"),
        (lambda n, rng: cut(np.arange(n)), "the mean number of a batch"),
        (lambda n, rng: cut(np.arange(n)[::-1]), "the mean number of a batch"),
        (
            lambda n, rng: cut(np.argsort(np.arange(n) % 4, stable=True)),
            "the mean number of a batch",
        ),
        (in_halves, "the mean number of a batch"),
        (lambda n, rng: cut(np.random.default_rng(n).permutation(n)), "another generator must"),
        (lambda n, rng: [], "batches: expected 101 items"),
        (lambda n, rng: None, "returned None"),
    ],
)
def test_batches_are_a_partition_in_random_order(answer, said, seed):
    assert said_of(epochs.plan(seed), answer).startswith(said)


def test_honest_batches_pass_at_any_seed():
    other = lambda n, rng: cut(np.argsort(rng.random(n)))  # noqa: E731
    assert {said_of(epochs.plan(seed), other) for seed in range(150)} == {"all 4 cases pass"}


def test_a_mistake_of_which_the_quantities_make_nothing_is_named_too():
    nothing = lambda n, rng: []  # noqa: E731
    plan = epochs.plan()
    known = tuple(Seen.of(plan.compare_as, case, [[]]) for case in plan.cases)
    assert {one.quantities for one in known} == {None}
    plan = replace(plan, mistakes=(Mistake("no batch at all", known),))
    assert said_of(plan, nothing) == "no batch at all"
    assert said_of(plan, lambda n, rng: cut(np.arange(n))) != "no batch at all"


def seen(view, arguments, one, other):
    """The first quantity in which two results differ, or an empty string."""
    wanted, got = view(arguments, one), view(arguments, other)
    for name, quantity in wanted.items():
        if isinstance(quantity, Sample):
            if compare_sample(name, Law.of(quantity.draws), got[name].draws, near=quantity.near):
                return name
        elif not np.array_equal(quantity, got[name]):
            return name
    return ""


def parts(rows):
    return rows[:1200], rows[1200:1800], rows[1800:]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (lambda rng: rng.permutation(2400), ""),
        (lambda rng: np.arange(2400), "the rows of part 0"),
        (
            lambda rng: np.r_[0:2400:2, 1:2400:4, 3:2400:4],
            "the gaps between the rows of part 0, sorted",
        ),
        (lambda rng: rng.integers(0, 2400, 2400), "how often each row is in one of the parts"),
    ],
)
def test_a_split_shares_out_all_rows_at_random(rows, said, seed):
    rng = np.random.default_rng(seed)
    honest = parts(rng.permutation(2400))
    assert seen(quantities.split, {"n": 2400}, honest, parts(rows(rng))) == said


@pytest.mark.parametrize("row", [-1, 2400, 10**15])
def test_a_row_that_is_none_is_no_row(row):
    with pytest.raises(ValueError, match="a row that is none"):
        quantities.split({"n": 2400}, parts(np.append(np.arange(2399), row)))


def dealt(rows):
    one, other = rows[:1200], rows[1200:]
    return [(other, one), (one, other)]


@pytest.mark.parametrize("seed", range(10))
def test_folds_validate_each_row_once_and_train_on_none_of_their_own(seed):
    rng = np.random.default_rng(seed)
    rows, again = rng.permutation(2400), rng.permutation(2400)
    honest, arguments = dealt(rows), {"n": 2400}
    assert seen(quantities.folds, arguments, honest, dealt(again)) == ""
    assert (
        seen(quantities.folds, arguments, honest, dealt(np.arange(2400)))
        == "the rows validated in fold 0"
    )
    anew = [dealt(rows)[0], dealt(again)[1]]
    assert seen(quantities.folds, arguments, honest, anew) == "how often each row is validated"
    leaking = [(again[:1200], validation) for _, validation in honest]
    said = "how often each row is in train or validation of fold 0"
    assert seen(quantities.folds, arguments, honest, leaking) == said


def exponents(rng, low=np.log(1e-4), high=np.log(3.0)):
    return rng.uniform(low, high, 800)


def searched(rng):
    trials = np.exp(np.column_stack([exponents(rng) for _ in range(2)]))
    values = trials.sum(axis=1)
    return trials, values, trials[values.argmin()]


@pytest.mark.parametrize("seed", range(5))
def test_a_search_is_its_draws_their_values_and_the_best(seed):
    rng = np.random.default_rng(seed)
    ends = {"low": np.full(2, 1e-4), "high": np.full(2, 3.0), "f": lambda x: x.sum(axis=-1)}
    honest, other = searched(rng), searched(rng)
    trials, values, best = other
    assert seen(quantities.search, ends, honest, other) == ""
    assert seen(quantities.search, ends, honest, tuple(a.astype("f4") for a in other)) == ""
    assert seen(quantities.search, ends, honest, (trials, np.sort(values), best)) == "values"
    assert seen(quantities.search, ends, honest, (trials, values, trials[0])) == "best"
    diagonal = trials[:, [0, 0]]
    values = diagonal.sum(axis=1)
    said = "columns 0 and 1 of the trials, added"
    assert (
        seen(quantities.search, ends, honest, (diagonal, values, diagonal[values.argmin()])) == said
    )


def test_a_search_names_what_was_taken_for_the_best():
    trials, values, _ = searched(np.random.default_rng(0))
    arguments = {"low": np.full(2, 1e-4), "high": np.full(2, 3.0), "f": lambda x: x.sum(axis=-1)}
    for best, name in (
        (trials[values.argmin()], "the trial of the smallest value"),
        (trials[values.argmax()], "the trial of the largest value"),
        (trials[-1], "the last trial"),
        (values.argmin(), "the place of the smallest value"),
        (values.min(), "the smallest value"),
        (np.zeros(2), "something else"),
    ):
        assert quantities.search(arguments, (trials, values, best))["best"] == name


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda rng: rng.integers(0, 1000, 1000), ""),
        (lambda rng: np.floor(1000 * rng.random(1000)).astype("f4"), ""),
        (lambda rng: np.sort(rng.integers(0, 1000, 1000)), ""),
        (lambda rng: rng.permutation(1000), "how often each was drawn"),
        (lambda rng: np.repeat(rng.integers(0, 1000, 500), 2), "how often each was drawn"),
        (lambda rng: rng.integers(0, 800, 1000), "the numbers drawn"),
        (lambda rng: rng.integers(0, 10**12, 1000), "whole numbers from 0 to n - 1"),
        (lambda rng: rng.integers(-1000, 0, 1000), "whole numbers from 0 to n - 1"),
        (lambda rng: 1000 * rng.random(1000), "whole numbers from 0 to n - 1"),
    ],
)
def test_draws_with_replacement_come_in_any_order_and_some_twice(draw, said, seed):
    rng = np.random.default_rng(seed)
    honest = rng.integers(0, 1000, 1000)
    assert seen(quantities.draws_with_replacement, {"n": 1000}, honest, draw(rng)) == said


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda new, kept, rng: np.append(kept, new), ""),
        (lambda new, kept, rng: rng.permutation(np.append(kept, new)), ""),
        (lambda new, kept, rng: rng.integers(0, 1300, 1600), "how many rows are kept ones"),
        (
            lambda new, kept, rng: np.append(new, 300 + (kept - 300) // 2),
            "kept ones, the numbers drawn",
        ),
        (
            lambda new, kept, rng: np.append(np.arange(600) % 300, kept),
            "new ones, how often each was drawn",
        ),
    ],
)
def test_replayed_rows_are_counted_and_each_group_has_its_draws(draw, said, seed):
    rng = np.random.default_rng(seed)
    honest, given = (
        (rng.integers(0, 300, 600), 300 + rng.integers(0, 1000, 1000)) for _ in range(2)
    )
    case = {"n_new": 300, "n_kept": 1000}
    assert seen(quantities.replayed, case, np.append(*honest), draw(*given, rng)) == said


def step_along(f, gradient, theta, direction, c1, c2, initial):
    """Halving until both conditions hold: on a convex function the slope decides where to go."""
    slope, low, high, alpha = gradient(theta) @ direction, 0.0, None, initial
    while True:
        there = theta + alpha * direction
        new = gradient(there) @ direction
        if f(there) > f(theta) + c1 * alpha * slope or new > c2 * abs(slope):
            high = alpha
        elif new < c2 * slope:
            low = alpha
        else:
            return alpha
        alpha = 2 * alpha if high is None else (low + high) / 2


@judge(step_along, points=1, returns=("alpha",), compare_as=quantities.wolfe_step)
def search(rng):
    bowl = {"f": Problem("bowl", "value"), "gradient": Problem("bowl", "gradient")}
    for initial in (0.01, 1.0, 100.0):
        theta = rng.uniform([1.0, 0.5], [3.0, 1.0])
        direction = -theta * rng.uniform(0.5, 1.0)
        given = {"theta": theta, "direction": direction, "c1": 0.1, "c2": 0.4}
        yield Call(f"from {initial}", **bowl, **given, initial=initial)


def lowest(f, gradient, theta, direction, c1, c2, initial):
    """On a quadratic; it fulfils both conditions if c1 is below one half."""
    slope, curvature = gradient(theta) @ direction, gradient(direction) @ direction
    return -slope / curvature


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (step_along, ""),
        (lowest, ""),
        (lambda *args: np.float32(1.2 * lowest(*args)), ""),
        (lambda *args: np.array(0.7 * lowest(*args)), ""),
        (lambda *args: 0.1 * lowest(*args), "'too steep downwards', expected 'flat enough'"),
        (lambda *args: 1.7 * lowest(*args), "'too steep upwards', expected 'flat enough'"),
        (lambda *args: 2.1 * lowest(*args), "'does not fall enough', expected 'falls enough'"),
        (lambda *args: -lowest(*args), "'does not fall enough'"),
        (lambda *args: 0.0, "'does not fall enough'"),
        (lambda *args: np.nan, "a division by zero"),
        (lambda *args: np.inf, "an overflow"),
        (lambda *args: [lowest(*args)], "expected shape ()"),
        (lambda *args: None, "returned None"),
    ],
)
def test_a_step_is_right_if_it_fulfils_the_conditions(answer, said, seed):
    plan = search.plan(seed)
    verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
    assert (verdict.status, bool(said)) in (("right", False), ("wrong", True))
    assert all(said in case.message for case in verdict.cases)


def jump(f, gradient, theta, tol, max_iterations):
    """To the minimum of the bowl, in as many equal steps as there are, or may be."""
    if np.abs(gradient(theta)).max() <= tol:
        return theta, 0
    steps = min(7, max_iterations)
    return theta * (1 - steps / 7), steps


@judge(jump, points=1, returns=("theta", "iterations"), compare_as=quantities.minimum)
def minimiser(rng):
    bowl = {"f": Problem("bowl", "value"), "gradient": Problem("bowl", "gradient"), "tol": 1e-3}
    theta = rng.uniform(1.0, 2.0, size=2)
    yield Call("far", **bowl, theta=theta, max_iterations=20)
    yield Call("three steps", **bowl, theta=theta, max_iterations=3)
    yield Call("near", **bowl, theta=1e-5 * theta, max_iterations=20)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (jump, ["", "", ""]),
        (lambda *args: (jump(*args)[0].astype(np.float32), jump(*args)[1]), ["", "", ""]),
        (lambda f, g, x, tol, m: jump(f, g, x, tol, m + 1), ["", "'too many'", ""]),
        (lambda f, g, x, tol, m: (x, m), ["'not small enough'", "", "expected 'none'"]),
        (lambda f, g, x, tol, m: (9 * x, m), ["'not small enough'", "'above that", "'above that"]),
        (lambda f, g, x, tol, m: (x * np.nan, 3), ["theta: nan"] * 3),
        (lambda f, g, x, tol, m: (0 * x, np.nan), ["iterations: nan"] * 3),
        (lambda f, g, x, tol, m: 0 * x, ["expected 2 results"] * 3),
        (lambda f, g, x, tol, m: (3, 0 * x), ["expected shape (2,)"] * 3),
    ],
)
def test_a_minimiser_is_right_if_it_ends_where_the_gradient_is_small(answer, said):
    plan = minimiser.plan(1)
    verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
    assert (verdict.status, any(said)) in (("right", False), ("wrong", True))
    for case, text in zip(verdict.cases, said, strict=True):
        assert text in case.message
        assert bool(text) != case.passed


@minimiser.mistake("the number of iterations must be returned, too")
def theta_alone(f, gradient, theta, tol, max_iterations):
    return jump(f, gradient, theta, tol, max_iterations)[0]


def test_a_mistake_of_another_form_is_named_and_no_error():
    plan = minimiser.plan(1)
    verdict = examine(plan, [attempt(theta_alone, case) for case in plan.cases])
    assert verdict.mistake == "the number of iterations must be returned, too"


def descends(f, gradient, theta, memory, tol, max_iterations, keep=None, shorten=0.5):
    """L-BFGS with a step that is shortened until f falls; the newest `keep` pairs are kept."""
    pairs, keep = [], keep or memory
    for iteration in range(max_iterations):
        grad = gradient(theta)
        if np.abs(grad).max() <= tol:
            return theta, iteration
        step = quasi_newton.lbfgs_direction(grad, *zip(*pairs, strict=True)) if pairs else -grad
        while f(theta + step) >= f(theta):
            step = step * shorten
        change = gradient(theta + step) - grad
        if change @ step > 0:
            pairs = [*pairs, (step, change)][-keep:]
        theta = theta + step
    return theta, max_iterations


@judge(descends, points=1, returns=("theta", "iterations"), compare_as=quantities.quasi_newton)
def way(rng):
    functions = {part: Problem("ill-conditioned", part) for part in ("value", "gradient")}
    given = {"f": functions["value"], "gradient": functions["gradient"], "memory": 2}
    theta = rng.uniform(-1.5, 1.5, size=10)
    for count in range(1, 6):
        yield Call(f"{count} steps", **given, theta=theta, tol=1e-4, max_iterations=count)
    yield Call("at the minimum", **given, theta=1e-9 * theta, tol=1e-4, max_iterations=1)
    yield Call("as many as it takes", **given, theta=theta, tol=1e-2, max_iterations=2000)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (descends, ""),
        (lambda *args: descends(*args, shorten=0.1), ""),
        (lambda *args: (descends(*args)[0].astype("f4"), descends(*args)[1]), ""),
        (lambda *args: descends(*args, keep=99), "M of more than the newest pairs"),
        (lambda *args: descends(*args, keep=1), "M of the newest pair alone"),
        (lambda *args: (args[2], args[5]), "another direction"),
        (lambda *args: (descends(*args)[0], 1), "'fewer than it takes', expected 'as many as"),
        (lambda *args: (descends(*args)[0], 9), "'more than it takes', expected 'as many as"),
    ],
)
def test_runs_of_few_steps_show_the_method(answer, said, seed):
    plan = way.plan(seed)
    verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
    assert (verdict.status, bool(said)) in (("right", False), ("wrong", True))
    assert said in next((case.message for case in verdict.cases if not case.passed), "")


@way.mistake("all pairs are kept")
def keeps_all(*args):
    return descends(*args, keep=99, shorten=0.9)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *args: descends(*args, keep=99, shorten=0.3), "all pairs are kept"),
        (lambda *args: descends(*args, keep=1), ""),
        (lambda *args: (descends(*args)[0], 1), ""),
    ],
)
def test_the_way_tells_a_mistake_whatever_the_line_search(answer, said):
    for seed in range(3):
        plan = way.plan(seed)
        verdict = examine(plan, [attempt(answer, case) for case in plan.cases])
        assert (verdict.status, verdict.mistake) == ("wrong", said)


def test_a_result_that_is_none_spoils_no_other_but_those_that_go_on_from_it():
    plan = way.plan(1)
    outcomes = [attempt(descends, case) for case in plan.cases]
    outcomes[1] = replace(outcomes[1], value=None)
    verdict = examine(plan, outcomes)
    assert [case.passed for case in verdict.cases] == [True, False, False, False, False, True, True]


@pytest.mark.parametrize("seed", range(5))
def test_a_quarter_of_the_rows_left_in_place_is_no_split_and_no_folds(seed):
    rng = np.random.default_rng(seed)
    moved = np.flatnonzero(rng.random(960) < 0.75)
    rows = np.arange(960)
    rows[moved] = rng.permutation(moved)
    honest = rng.permutation(960)
    for view, cut in (
        (quantities.split, lambda rows: (rows[:576], rows[576:768], rows[768:])),
        (quantities.folds, lambda rows: [(np.delete(rows, range(i, 960, 5)), rows[i::5]) for i in range(5)]),
        (quantities.folds, lambda rows: [(np.delete(rows, range(i, i + 192)), rows[i : i + 192]) for i in range(0, 960, 192)]),
    ):  # fmt: skip
        again = rng.permutation(960)
        assert seen(view, {"n": 960}, cut(honest), cut(again)) == ""
        assert seen(view, {"n": 960}, cut(honest), cut(rows)).startswith("the ")


def test_small_numbers_are_held_by_their_digits():
    right = np.array([1e-20, 3.0]), np.array([1e-20, 0.9])
    seen = quantities.small_numbers({}, right)
    assert all(np.isfinite(values).all() for values in seen.values())
    off = quantities.small_numbers({}, (np.array([0.0, 3.0]), right[1]))
    assert off["log(a)"][0] == -np.inf
    assert list(quantities.small_numbers({}, right[0])) == [""]
