"""The references of the chapters on descent and adaptive rates: against PyTorch's and Keras's recorded steps, and by their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradus import problems
from solutions.adaptive import (
    adagrad_step,
    adam_path,
    adam_step,
    adamw_step,
    longest_step,
    rmsprop_step,
)
from solutions.descent import (
    convergence_rate,
    descent_rates,
    momentum_path,
    momentum_step,
    nesterov_shifted_step,
    nesterov_step,
    noise_floor,
    sgd_step,
)


def same(actual, recorded):
    """Within the tolerance of the recorded vectors."""
    np.testing.assert_allclose(actual, recorded, rtol=1e-12, atol=1e-14)


def differs(actual, recorded):
    assert not np.allclose(actual, recorded, rtol=1e-12, atol=1e-14)


def walk(step, theta, grads, *state):
    """Theta after each step on a fixed sequence of gradients, and the last state.

    `step(theta, grad, *state, t)` returns theta, or theta and the new state.
    """
    theta, points = np.array(theta), []
    state = [np.broadcast_to(array, theta.shape) for array in state]
    for t, grad in enumerate(np.array(grads), start=1):
        result = step(theta, grad, *state, t)
        theta, *state = result if isinstance(result, tuple) else (result,)
        points.append(theta)
    return np.array(points), state


def descend(step, problem, n_steps, *state):
    """As `walk`, but each gradient is that of the problem where the walk has come."""
    theta, points = problem.start, []
    state = [np.broadcast_to(array, theta.shape) for array in state]
    for _ in range(n_steps):
        theta, *state = step(theta, problem.gradient(theta), *state)
        points.append(theta)
    return np.array(points), state


# Each row: the oracle's name, our step, the first state, what PyTorch calls the last.
MOMENTUM, ADAM = ["momentum_buffer"], ["exp_avg", "exp_avg_sq"]
TORCH = [
    ("sgd_lr0.1", lambda p, g, t: sgd_step(p, g, 0.1), [], []),
    ("sgd_wd", lambda p, g, t: sgd_step(p, g + 0.01 * p, 0.1), [], []),
    ("momentum0.9", lambda p, g, v, t: momentum_step(p, g, v, 0.05, 0.9), [0.0], MOMENTUM),
    (
        "momentum0.9_wd0.01",
        lambda p, g, v, t: momentum_step(p, g + 0.01 * p, v, 0.05, 0.9),
        [0.0],
        MOMENTUM,
    ),
    ("nesterov0.9", lambda p, g, v, t: nesterov_shifted_step(p, g, v, 0.05, 0.9), [0.0], MOMENTUM),
    ("adagrad", lambda p, g, s, t: adagrad_step(p, g, s, 0.5, 1e-10), [0.0], ["sum"]),
    ("adagrad_eps1e-7", lambda p, g, s, t: adagrad_step(p, g, s, 0.5, 1e-7), [0.0], ["sum"]),
    ("adagrad_initacc0.1", lambda p, g, s, t: adagrad_step(p, g, s, 0.5, 1e-10), [0.1], ["sum"]),
    ("rmsprop_0.99", lambda p, g, v, t: rmsprop_step(p, g, v, 0.01, 0.99), [0.0], ["square_avg"]),
    ("rmsprop_0.9", lambda p, g, v, t: rmsprop_step(p, g, v, 0.05, 0.9), [0.0], ["square_avg"]),
    ("adam", lambda p, g, m, v, t: adam_step(p, g, m, v, t, 0.1), [0.0, 0.0], ADAM),
    (
        "adam_b0.8_0.95_eps1e-3",
        lambda p, g, m, v, t: adam_step(p, g, m, v, t, 0.1, 0.8, 0.95, 1e-3),
        [0.0, 0.0],
        ADAM,
    ),
    (
        "adam_l2_0.1",
        lambda p, g, m, v, t: adam_step(p, g + 0.1 * p, m, v, t, 0.1),
        [0.0, 0.0],
        ADAM,
    ),
    (
        "adamw_0.1",
        lambda p, g, m, v, t: adamw_step(p, g, m, v, t, 0.1, 0.1),
        [0.0, 0.0],
        ADAM,
    ),
]


@pytest.mark.parametrize(("name", "step", "first", "called"), TORCH, ids=[row[0] for row in TORCH])
def test_agrees_with_pytorch(oracle, name, step, first, called):
    recorded = oracle("torch_optimizers")
    expected = recorded["optimizers"][name]
    points, state = walk(step, recorded["theta0"], recorded["grads"], *first)
    assert len(points) == 20
    same(points, expected["theta_after_each_step"])
    for array, key in zip(state, called, strict=True):
        same(array, expected["final_state"][key])


def test_averaged_momentum_is_ours_with_the_rate_rescaled(oracle):
    """PyTorch's dampening = mu, but for its first step, where PyTorch does not dampen."""
    recorded = oracle("torch_optimizers")
    expected = recorded["optimizers"]["momentum0.9_dampening0.9(EWMA)"]
    grads = np.array(recorded["grads"])
    lr, mu = 0.05, 0.9
    grads[0] /= 1 - mu
    points, (velocity,) = walk(
        lambda p, g, v, t: momentum_step(p, g, v, lr * (1 - mu), mu),
        recorded["theta0"],
        grads,
        0.0,
    )
    same(points, expected["theta_after_each_step"])
    same((1 - mu) * velocity, expected["final_state"]["momentum_buffer"])


def test_a_cut_of_the_rate_separates_the_two_forms_of_momentum(oracle):
    recorded = oracle("torch_optimizers")
    drop = recorded["lr_drop_at_step_10"]
    lrs, mu = drop["lrs"], 0.9
    start, grads = recorded["theta0"], recorded["grads"]
    inside_recorded = np.array(drop["classical_lr_inside_velocity_v=mu*v-lr*g"])

    outside, _ = walk(lambda p, g, v, t: momentum_step(p, g, v, lrs[t - 1], mu), start, grads, 0.0)
    same(outside, drop["torch_momentum0.9_lr_outside_buffer"])

    def lr_inside(theta, grad, velocity, t):
        velocity = mu * velocity - lrs[t - 1] * grad
        return theta + velocity, velocity

    same(walk(lr_inside, start, grads, 0.0)[0], inside_recorded)
    same(outside[:10], inside_recorded[:10])
    moving = np.any(np.array(grads) != 0, axis=0)
    assert np.all(np.abs(outside - inside_recorded)[10, moving] > 1e-8)

    def rescaled(theta, grad, velocity, t):
        return momentum_step(theta, grad, velocity * lrs[t - 2] / lrs[t - 1], lrs[t - 1], mu)

    # lrs[-1], met at t = 1, multiplies a velocity of zero.
    same(walk(rescaled, start, grads, 0.0)[0], inside_recorded)


@pytest.fixture
def keras(oracle):
    return oracle("keras")["results"]["keras_optimizers"]


@pytest.mark.parametrize(
    ("name", "step"),
    [("SGD(0.1,momentum=.9)", momentum_step), ("SGD nesterov", nesterov_shifted_step)],
)
def test_keras_momentum_is_ours_at_a_constant_rate(keras, name, step):
    """Keras has the rate inside the velocity: u = -lr * v."""
    points, _ = walk(lambda p, g, v, t: step(p, g, v, 0.1, 0.9), keras["x0"], keras["grads"], 0.0)
    same(points, keras[name])


def test_keras_has_eps_inside_the_root_of_rmsprop(keras):
    lr, rho, eps = 0.1, 0.9, keras["defaults"]["RMSprop.epsilon"]

    def inside(theta, grad, v, t):
        v = rho * v + (1 - rho) * grad**2
        return theta - lr * grad / np.sqrt(v + eps), v

    expected = keras["RMSprop(0.1,rho=.9)"]
    same(walk(inside, keras["x0"], keras["grads"], 0.0)[0], expected)
    outside = walk(
        lambda p, g, v, t: rmsprop_step(p, g, v, lr, rho, eps), keras["x0"], keras["grads"], 0.0
    )[0]
    differs(outside, expected)


def test_keras_has_eps_inside_the_root_of_adagrad(keras):
    lr, eps = 0.1, keras["defaults"]["Adagrad.epsilon"]
    first = keras["defaults"]["Adagrad.initial_accumulator_value"]

    def inside(theta, grad, s, t):
        s = s + grad**2
        return theta - lr * grad / np.sqrt(s + eps), s

    expected = keras["Adagrad(0.1)"]
    same(walk(inside, keras["x0"], keras["grads"], first)[0], expected)
    outside = walk(
        lambda p, g, s, t: adagrad_step(p, g, s, lr, eps), keras["x0"], keras["grads"], first
    )[0]
    differs(outside, expected)
    # Inside, eps does no more than a larger first sum would.
    same(
        walk(
            lambda p, g, s, t: adagrad_step(p, g, s, lr, 0.0),
            keras["x0"],
            keras["grads"],
            first + eps,
        )[0],
        expected,
    )


def test_keras_adam_has_the_papers_eps_hat(keras):
    """Keras adds eps to the root of the uncorrected v: ours with eps / sqrt(1 - beta2**t)."""
    expected, eps = keras["Adam(0.1)"], 1e-7
    start, grads = keras["x0"], keras["grads"]

    def adam(eps_at):
        def step(p, g, m, v, t):
            return adam_step(p, g, m, v, t, lr=0.1, eps=eps_at(t))

        return walk(step, start, grads, 0.0, 0.0)[0]

    same(adam(lambda t: eps / np.sqrt(1 - 0.999**t)), expected)
    differs(adam(lambda t: eps), expected)


SIZES = st.floats(1e-3, 10.0)
NUMBERS = st.one_of(SIZES, SIZES.map(lambda x: -x))
RATES = st.floats(1e-4, 1.0)
FRACTIONS = st.floats(0.0, 0.99)
SHAPES = array_shapes(min_dims=0, max_dims=3, max_side=4)


@st.composite
def states(draw, n, positive=0):
    """`n` arrays of one shape, the last `positive` of them positive."""
    shape = draw(SHAPES)
    return [
        draw(arrays(np.float64, shape, elements=SIZES if i >= n - positive else NUMBERS))
        for i in range(n)
    ]


@given(states(3), RATES)
def test_without_momentum_each_form_is_sgd(state, lr):
    theta, grad, velocity = state
    expected = sgd_step(theta, grad, lr)
    for step in (momentum_step, nesterov_shifted_step):
        stepped, new_velocity = step(theta, grad, velocity, lr, mu=0.0)
        same(stepped, expected)
        same(new_velocity, grad)
    stepped, new_velocity = nesterov_step(theta, lambda _: grad, velocity, lr, mu=0.0)
    same(stepped, expected)
    same(new_velocity, grad)


@given(states(2), FRACTIONS.filter(lambda mu: mu > 0), RATES)
def test_a_constant_gradient_gives_a_geometric_sum(state, mu, lr):
    theta, grad = state
    points, (velocity,) = walk(
        lambda p, g, v, t: momentum_step(p, g, v, lr, mu), theta, [grad] * 30, 0.0
    )
    np.testing.assert_allclose(velocity, grad * (1 - mu**30) / (1 - mu), rtol=1e-9)


VALLEYS = [("bowl", 0.3, 0.8), ("tilted bowl", 0.2, 0.9), ("rosenbrock", 2e-4, 0.9)]


def agree(points, others):
    np.testing.assert_allclose(points, others, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "lr", "mu"), VALLEYS)
def test_the_forms_of_momentum_are_one_method(name, lr, mu):
    """The text's table: A ours, B rate inside, C averaged, D the heavy ball, at a constant rate."""
    problem = problems.get(name)

    def lr_inside(theta, grad, u):
        u = mu * u - lr * grad
        return theta + u, u

    def averaged(theta, grad, w):
        w = mu * w + (1 - mu) * grad
        return theta - lr / (1 - mu) * w, w

    def heavy_ball(theta, grad, before):
        return theta - lr * grad + mu * (theta - before), theta

    ours, (velocity,) = descend(lambda p, g, v: momentum_step(p, g, v, lr, mu), problem, 50, 0.0)
    points_b, (u,) = descend(lr_inside, problem, 50, 0.0)
    points_c, (w,) = descend(averaged, problem, 50, 0.0)
    points_d, (before,) = descend(heavy_ball, problem, 50, problem.start)
    for points in (points_b, points_c, points_d):
        agree(points, ours)
    agree(u, -lr * velocity)
    agree(w, (1 - mu) * velocity)
    agree(points_d[-1] - before, -lr * velocity)
    assert problem.value(ours[-1]) < problem.value(problem.start)


@pytest.mark.parametrize(("name", "lr", "mu"), VALLEYS)
def test_the_forms_of_nesterov_are_one_method(name, lr, mu):
    """Look-ahead with the rate outside and inside; the frameworks' theta is the look-ahead point."""
    problem = problems.get(name)

    def lr_inside(theta, u):
        u = mu * u - lr * problem.gradient(theta + mu * u)
        return theta + u, u

    # In their x~ form (Bengio et al., 2013), the rate inside: x~ + u' + mu * (u' - u).
    def by_difference(shifted, grad, u):
        new = mu * u - lr * grad
        return shifted + new + mu * (new - u), new

    theta, velocity = problem.start, np.zeros(2)
    inside, u = problem.start, np.zeros(2)
    shifted, shifted_velocity = problem.start, np.zeros(2)
    difference, w = problem.start, np.zeros(2)
    for _ in range(50):
        theta, velocity = nesterov_step(theta, problem.gradient, velocity, lr, mu)
        inside, u = lr_inside(inside, u)
        shifted, shifted_velocity = nesterov_shifted_step(
            shifted, problem.gradient(shifted), shifted_velocity, lr, mu
        )
        difference, w = by_difference(difference, problem.gradient(difference), w)
        agree(inside, theta)
        agree(u, -lr * velocity)
        agree(shifted, theta - lr * mu * velocity)
        agree(shifted_velocity, velocity)
        agree(difference, shifted)
    classical, _ = descend(lambda p, g, v: momentum_step(p, g, v, lr, mu), problem, 50, 0.0)
    assert not np.allclose(classical[-1], theta, rtol=1e-3)


@given(states(3), RATES, FRACTIONS)
def test_nesterov_takes_one_gradient_at_the_look_ahead_point(state, lr, mu):
    theta, grad, velocity = state
    asked = []

    def gradient(point):
        asked.append(point)
        return grad

    nesterov_step(theta, gradient, velocity, lr, mu)
    assert len(asked) == 1
    same(asked[0], theta - lr * mu * velocity)


def test_adagrad_worked_by_hand():
    """f = xy from (1, 2), lr = 1, eps = 0: to (0, 1), then to (-1/sqrt(5), 1)."""
    product = problems.get("product")
    points, (s,) = descend(lambda p, g, s: adagrad_step(p, g, s, lr=1.0, eps=0.0), product, 2, 0.0)
    same(points, [[0.0, 1.0], [-1 / np.sqrt(5), 1.0]])
    same(s, [5.0, 1.0])


@given(arrays(np.float64, (12, 3), elements=NUMBERS), RATES, st.floats(0, 1))
def test_adagrads_effective_rate_falls_from_lr_over_the_first_gradient(grads, lr, eps):
    points, _ = walk(lambda p, g, s, t: adagrad_step(p, g, s, lr, eps), np.zeros(3), grads, 0.0)
    rates = np.abs(np.diff(np.vstack([np.zeros((1, 3)), points]), axis=0) / grads)
    assert np.all(rates <= lr / np.abs(grads[0]) * (1 + 1e-6))
    assert np.all(np.diff(rates, axis=0) <= 1e-9 * rates[:-1] + 1e-9)


def test_a_constant_gradient_lets_adagrad_fall_like_the_root_of_t_and_rmsprop_not():
    grads = np.full((400, 1), 3.0)
    adagrad, _ = walk(lambda p, g, s, t: adagrad_step(p, g, s, 0.1, 0.0), [0.0], grads, 0.0)
    rmsprop, _ = walk(lambda p, g, v, t: rmsprop_step(p, g, v, 0.1, 0.9, 0.0), [0.0], grads, 0.0)
    t = np.arange(2, 401)
    np.testing.assert_allclose(np.diff(adagrad[:, 0]), -0.1 / np.sqrt(t), rtol=1e-9)
    np.testing.assert_allclose(np.diff(rmsprop[:, 0])[100:], -0.1, rtol=1e-4)


@given(states(2), st.floats(1e-4, 1.0), FRACTIONS, FRACTIONS)
def test_adams_first_step_is_lr_times_the_sign(state, lr, beta1, beta2):
    theta, grad = state
    zeros = np.zeros_like(theta)
    stepped, m, v = adam_step(theta, grad, zeros, zeros, 1, lr, beta1, beta2, eps=0.0)
    np.testing.assert_allclose(stepped, theta - lr * np.sign(grad), rtol=1e-10, atol=1e-12)
    same(m, (1 - beta1) * grad)
    same(v, (1 - beta2) * grad**2)


@given(states(1), st.integers(1, 200))
def test_adam_on_a_constant_gradient_takes_equal_steps(state, n):
    (grad,) = state
    points, _ = walk(
        lambda p, g, m, v, t: adam_step(p, g, m, v, t, lr=0.1, eps=0.0),
        np.zeros_like(grad),
        [grad] * n,
        0.0,
        0.0,
    )
    np.testing.assert_allclose(points[-1], -0.1 * n * np.sign(grad), rtol=1e-6)


def test_without_bias_correction_adams_steps_are_too_large():
    """At t = 1 by sqrt(10), at worst by 6.57, at t = 12; a late t switches the correction off."""
    late = 10**6
    points, _ = walk(
        lambda p, g, m, v, t: adam_step(p, g, m, v, late, lr=1.0, eps=0.0),
        [0.0],
        np.full((60, 1), 0.3),
        0.0,
        0.0,
    )
    steps = -np.diff(np.concatenate([[0.0], points[:, 0]]))
    same(steps[0], np.sqrt(10))
    assert np.argmax(steps) + 1 == 12
    assert steps[11] == pytest.approx(6.57, abs=0.005)


@given(states(2), st.floats(1e-3, 1e3))
def test_adaptive_steps_do_not_depend_on_the_scale_of_the_loss(state, scale):
    theta, grad = state
    zeros = np.zeros_like(theta)
    for step, lead in ((adagrad_step, (zeros,)), (rmsprop_step, (zeros,))):
        np.testing.assert_allclose(
            step(theta, grad, *lead, lr=0.1, eps=0.0)[0],
            step(theta, scale * grad, *lead, lr=0.1, eps=0.0)[0],
            rtol=1e-10,
            atol=1e-10,
        )


def test_rmsprop_is_adam_without_first_moment_and_correction(oracle):
    recorded = oracle("torch_optimizers")
    start, grads = recorded["theta0"], recorded["grads"]
    rmsprop, _ = walk(lambda p, g, v, t: rmsprop_step(p, g, v, 0.1, 0.9, 1e-3), start, grads, 0.0)
    adam, _ = walk(
        lambda p, g, m, v, t: adam_step(p, g, m, v, 10**6, 0.1, 0.0, 0.9, 1e-3),
        start,
        grads,
        0.0,
        0.0,
    )
    same(rmsprop, adam)


@pytest.mark.parametrize("size", [1e-150, 1e-30, 1e30, 1e150])
def test_extreme_gradients(size):
    grad, zeros = np.array([size, -size, 2 * size]), np.zeros(3)
    for stepped in (
        adam_step(zeros, grad, zeros, zeros, 1, lr=0.1, eps=0.0)[0],
        adagrad_step(zeros, grad, zeros, lr=0.1, eps=0.0)[0],
        rmsprop_step(zeros, grad, zeros, lr=0.1, rho=0.0, eps=0.0)[0],
    ):
        np.testing.assert_allclose(stepped, [-0.1, 0.1, -0.1], rtol=1e-9)


def test_a_gradient_that_was_always_zero_moves_nothing():
    zeros = np.zeros(3)
    for stepped, *_ in (
        adagrad_step(zeros, zeros, zeros, lr=0.1),
        rmsprop_step(zeros, zeros, zeros, lr=0.1),
        adam_step(zeros, zeros, zeros, zeros, 1),
    ):
        assert np.array_equal(stepped, zeros)


def _calls(theta, grad, first, second):
    """Every step on one state, as (name, function, arrays, the rest)."""
    return [
        ("sgd", sgd_step, (theta, grad), (0.1,)),
        ("momentum", momentum_step, (theta, grad, first), (0.1,)),
        (
            "nesterov",
            lambda p, g, v, lr: nesterov_step(p, lambda _: g, v, lr),
            (theta, grad, first),
            (0.1,),
        ),
        ("shifted", nesterov_shifted_step, (theta, grad, first), (0.1,)),
        ("adagrad", adagrad_step, (theta, grad, second), (0.1,)),
        ("rmsprop", rmsprop_step, (theta, grad, second), (0.1,)),
        ("adam", adam_step, (theta, grad, first, second), (3, 0.1)),
    ]


@given(states(4, positive=1))
def test_nothing_is_changed_in_place_and_nothing_returned_is_an_argument(state):
    before = [array.copy() for array in state]
    for name, step, given_arrays, rest in _calls(*state):
        results = step(*given_arrays, *rest)
        results = results if isinstance(results, tuple) else (results,)
        for array, copy in zip(state, before, strict=True):
            np.testing.assert_array_equal(array, copy, err_msg=name)
        for result in results:
            assert np.shape(result) == np.shape(state[0]), name
            assert not any(np.shares_memory(result, array) for array in state), name


def test_a_number_and_an_array_of_it_take_the_same_step():
    number, array = (1.5, -0.4, 0.3, 0.7), [np.array([x]) for x in (1.5, -0.4, 0.3, 0.7)]
    for (name, step, given_numbers, rest), (_, _, given_arrays, _) in zip(
        _calls(*number), _calls(*array), strict=True
    ):
        np.testing.assert_array_equal(
            np.squeeze(step(*given_arrays, *rest)), step(*given_numbers, *rest), err_msg=name
        )


def test_float32_stays_float32():
    state = [np.array(x, dtype=np.float32) for x in ([1.5, 2.0], [-0.4, 1.0], [0.3, 1.0], [0.7, 1])]
    for name, step, given_arrays, rest in _calls(*state):
        results = step(*given_arrays, *rest)
        for result in results if isinstance(results, tuple) else (results,):
            assert result.dtype == np.float32, name


SPECTRA = arrays(np.float64, st.integers(1, 5), elements=st.floats(0.1, 10.0))


@given(SPECTRA, st.floats(0.01, 1.5), st.integers(0, 2**32 - 1))
def test_the_rate_is_the_factor_by_which_the_error_shrinks(eigenvalues, fraction, seed):
    """On a turned quadratic, in the basis of its eigenvectors, the largest error after n steps is rate**n."""
    n, lr = len(eigenvalues), fraction * 2 / eigenvalues.max()
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    hessian = (q * eigenvalues) @ q.T
    problem = problems.quadratic((hessian + hessian.T) / 2, start=q @ np.ones(n))
    theta = problem.start
    for _ in range(10):
        theta = sgd_step(theta, problem.gradient(theta), lr)
    observed = np.abs(q.T @ theta).max()
    np.testing.assert_allclose(
        observed, convergence_rate(eigenvalues, lr) ** 10, rtol=1e-6, atol=1e-9
    )


@given(SPECTRA, st.floats(0.0, 3.0))
def test_the_best_rate_is_that_of_the_condition_number(eigenvalues, other):
    low, high = eigenvalues.min(), eigenvalues.max()
    kappa = high / low
    best = convergence_rate(eigenvalues, 2 / (low + high))
    np.testing.assert_allclose(best, (kappa - 1) / (kappa + 1), rtol=1e-9, atol=1e-12)
    assert convergence_rate(eigenvalues, other) >= best - 1e-12


@given(SPECTRA, st.floats(0.01, 0.99), st.floats(1.01, 3.0))
def test_the_steepest_direction_sets_the_limit(eigenvalues, below, above):
    limit = 2 / eigenvalues.max()
    assert convergence_rate(eigenvalues, below * limit) < 1
    assert convergence_rate(eigenvalues, above * limit) > 1


def test_with_learning_rate_zero_nothing_shrinks():
    assert convergence_rate(np.array([0.5, 2.0]), 0) == 1


@pytest.mark.parametrize("n", [1, 2, 5, 9])
@pytest.mark.parametrize("kappa", [3.0, 40.0, 1000.0])
def test_rates_of_their_own_make_a_polynomial_of_chebyshev(n, kappa):
    """No polynomial that is 1 at 0 is smaller on the whole interval than 1 / T_n((M + l) / (M - l))."""
    low = 0.3
    rates = descent_rates(np.array([2.0, kappa, 1.0]) * low, n)
    at = np.linspace(low, kappa * low, 20001)
    bound = np.polynomial.Chebyshev.basis(n)((kappa + 1) / (kappa - 1))
    worst = np.abs(np.prod(1 - np.outer(rates, at), axis=0)).max()
    assert worst * bound == pytest.approx(1, rel=1e-6)
    # With r the rate of momentum at its best, this is the target of the score.
    r = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    assert 2 * r**n / (1 + r ** (2 * n)) == pytest.approx(1 / bound, rel=1e-9)


def test_the_path_of_adam_is_its_steps():
    problem = problems.get("rosenbrock")
    hyper = {"lr": 0.05, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3}
    points = adam_path(problem.gradient, problem.start, 20, **hyper)
    theta, m, v = problem.start, np.zeros(2), np.zeros(2)
    for t in range(1, 21):
        theta, m, v = adam_step(theta, problem.gradient(theta), m, v, t, **hyper)
        np.testing.assert_allclose(points[t], theta, rtol=1e-12)
    assert points.shape == (21, 2) and (points[0] == problem.start).all()
    assert (adam_path(problem.gradient, problem.start, 0) == [problem.start]).all()


def test_without_gradients_every_weight_loses_the_same_share():
    theta, zero = np.random.default_rng(0).normal(size=6), np.zeros(6)
    new, _, _ = adamw_step(theta, zero, zero, zero, 1, 0.1, 0.3)
    assert new == pytest.approx(theta * 0.97)


@given(states(3, positive=1), st.integers(1, 50), RATES, FRACTIONS, FRACTIONS)
def test_without_decay_adamw_is_adam(state, t, lr, beta1, beta2):
    theta, grad, v = state
    hyper = {"beta1": beta1, "beta2": beta2, "eps": 1e-3}
    for found, wanted in zip(
        adamw_step(theta, grad, grad, v, t, lr, 0.0, **hyper),
        adam_step(theta, grad, grad, v, t, lr, **hyper),
        strict=True,
    ):
        same(found, wanted)


def test_the_path_of_momentum_is_its_steps():
    problem, rates = problems.get("rosenbrock"), np.geomspace(3e-4, 1e-5, 20)
    points = momentum_path(problem.gradient, problem.start, rates, 0.8)
    theta, velocity = problem.start, np.zeros(2)
    for t, lr in enumerate(rates, start=1):
        theta, velocity = momentum_step(theta, problem.gradient(theta), velocity, lr, 0.8)
        np.testing.assert_allclose(points[t], theta, rtol=1e-12)
    assert (momentum_path(problem.gradient, problem.start, [], 0.8) == [problem.start]).all()


@given(st.floats(0.1, 10.0), st.floats(0.1, 5.0), st.floats(0.01, 0.95), st.floats(0, 0.95))
def test_the_noise_floor_reproduces_itself(curvature, sigma, share, mu):
    lr = share * 2 * (1 + mu) / curvature
    move = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    noise = np.diag([(lr * sigma) ** 2, 0.0])
    flat = np.linalg.solve(np.eye(4) - np.kron(move, move), noise.ravel())
    np.testing.assert_allclose(noise_floor(curvature, sigma, lr, mu), flat[0], rtol=1e-6)


@given(st.integers(1, 30), st.floats(0, 0.95), st.floats(0.3, 0.999), st.integers(0, 2**32 - 1))
def test_no_gradients_make_a_longer_step(t, beta1, beta2, seed):
    def length(gradients):
        theta = m = v = 0.0
        for number, g in enumerate(gradients, start=1):
            before = theta
            theta, m, v = adam_step(theta, g, m, v, number, 1.0, beta1, beta2, 0.0)
        return abs(theta - before)

    rng, longest = np.random.default_rng(seed), longest_step(t, beta1, beta2)
    growing = (max(beta1, 1e-3) / beta2) ** np.arange(t)[::-1]
    for gradients in (rng.normal(size=t), np.ones(t), growing * rng.uniform(0.5, 1, size=t)):
        assert length(gradients) <= longest * (1 + 1e-6)
    if beta1 > 0.1:
        np.testing.assert_allclose(
            length((beta1 / beta2) ** np.arange(t)[::-1]), longest, rtol=1e-5
        )
    np.testing.assert_allclose(longest_step(1, beta1, beta2), 1, rtol=1e-9)
