"""The references of the chapter on penalties: recorded vectors, closed forms, properties, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solutions import penalties

SHAPES = [(), (1,), (7,), (3, 4)]


def numerical(f, x, h=1e-6):
    """Central differences of f at the vector x."""
    steps = h * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# Penalties and ridge


def test_the_gradient_of_a_penalty_is_its_derivative_and_spares_the_biases(rng):
    penalty = penalties.l2_penalty
    theta, is_weight = rng.normal(size=9), np.arange(9) % 3 > 0
    value, grad = penalty(theta, 0.7, is_weight)
    assert grad == pytest.approx(numerical(lambda t: penalty(t, 0.7, is_weight)[0], theta))
    assert (grad[~is_weight] == 0).all()
    assert penalty(theta + 100 * ~is_weight, 0.7, is_weight)[0] == pytest.approx(value)
    assert penalty(theta, 0.0, is_weight)[0] == 0


def test_a_penalty_by_hand():
    theta, is_weight = np.array([3.0, -4.0, 9.0, 0.0]), np.array([True, True, False, True])
    value, grad = penalties.l2_penalty(theta, 0.2, is_weight)
    assert value == pytest.approx(2.5)
    assert grad == pytest.approx([0.6, -0.8, 0, 0])


def test_ridge_agrees_with_scikit_learn(oracle):
    recorded = oracle("sklearn_stats")["results"]
    data = recorded["ridge_lasso"]
    x, y = np.array(data["X"]), np.array(data["y"])
    for row in data["ridge"]:
        weights, intercept = penalties.ridge(x, y, row["alpha"])
        assert weights == pytest.approx(row["coef"], rel=1e-9)
        assert intercept == pytest.approx(row["intercept"], rel=1e-9)
    example = recorded["docs_examples"][0]
    weights, intercept = penalties.ridge(
        np.array(example["X"], float), np.array(example["y"]), example["alpha"]
    )
    assert weights == pytest.approx(example["coef"])
    assert intercept == pytest.approx(example["intercept"])


@pytest.mark.parametrize(("n", "d"), [(20, 3), (5, 5), (4, 9)])
def test_ridge_is_the_minimum(n, d, rng):
    x, y, lam = rng.normal(size=(n, d)) + 2, rng.normal(size=n), 0.6

    def objective(both):
        return np.sum((y - x @ both[:-1] - both[-1]) ** 2) + lam * np.sum(both[:-1] ** 2)

    best = np.append(*penalties.ridge(x, y, lam))
    assert numerical(objective, best) == pytest.approx(np.zeros(d + 1), abs=1e-6)


def test_ridge_shrinks_each_singular_direction_by_its_own_factor(rng):
    x, y, lam = rng.normal(size=(30, 4)), rng.normal(size=30), 3.0
    _, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    plain, shrunk = (vt @ penalties.ridge(x, y, strength)[0] for strength in (0.0, lam))
    assert shrunk == pytest.approx(plain * s**2 / (s**2 + lam))


def test_ridge_does_not_mind_where_the_labels_begin(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    (weights, intercept), (moved, higher) = (penalties.ridge(x, y + c, 2.0) for c in (0.0, 50.0))
    assert moved == pytest.approx(weights)
    assert higher == pytest.approx(intercept + 50)


def test_a_very_strong_penalty_leaves_the_mean(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    weights, intercept = penalties.ridge(x, y, 1e12)
    assert weights == pytest.approx(np.zeros(3), abs=1e-10)
    assert intercept == pytest.approx(y.mean())


# Proximal steps


def objective_1d(w, z, l1, l2=0.0):
    return (w - z) ** 2 / 2 + l1 * np.abs(w) + l2 / 2 * w**2


@given(z=st.floats(-3, 3), threshold=st.floats(0, 2))
def test_the_soft_threshold_is_the_minimiser(z, threshold):
    w = float(penalties.soft_threshold(np.array(z), threshold))
    nearby = np.append(np.linspace(-4, 4, 801), 0.0)
    assert objective_1d(w, z, threshold) <= objective_1d(nearby, z, threshold).min() + 1e-12


@given(z=st.floats(-3, 3), lr=st.floats(0.01, 2), l1=st.floats(0, 2), l2=st.floats(0, 3))
def test_the_elastic_net_step_is_the_minimiser(z, lr, l1, l2):
    w = float(penalties.elastic_net_prox(np.array(z), lr, l1, l2))
    nearby = np.append(np.linspace(-4, 4, 801), 0.0)
    best = objective_1d(nearby, z, lr * l1, lr * l2).min()
    assert objective_1d(w, z, lr * l1, lr * l2) <= best + 1e-12
    if l2 == 0:
        assert w == pytest.approx(float(penalties.soft_threshold(np.array(z), lr * l1)))


@pytest.mark.parametrize("shape", SHAPES)
def test_proximal_steps_keep_the_shape_and_the_argument(shape, rng):
    z = rng.normal(size=shape)
    before = z.copy()
    assert penalties.soft_threshold(z, 0.3).shape == shape
    assert penalties.elastic_net_prox(z, 0.1, 0.2, 0.3).shape == shape
    assert (z == before).all()
    assert penalties.soft_threshold(z, 0.0) == pytest.approx(z)


def test_iterated_soft_thresholds_reach_scikit_learns_lasso(oracle):
    data = oracle("sklearn_stats")["results"]["ridge_lasso"]
    x, y = np.array(data["X"]), np.array(data["y"])
    xc, yc = x - x.mean(axis=0), y - y.mean()
    lr = 1 / np.linalg.eigvalsh(xc.T @ xc / len(y)).max()
    for row in data["lasso"]:
        w = np.zeros(x.shape[1])
        for _ in range(20_000):
            w = penalties.soft_threshold(w - lr * xc.T @ (xc @ w - yc) / len(y), lr * row["alpha"])
        assert w == pytest.approx(row["coef"], abs=1e-7)
        assert ((w == 0) == (np.array(row["coef"]) == 0)).all()


# Early stopping


def test_early_stopping_agrees_with_keras(oracle):
    recorded = oracle("keras")["results"]["EarlyStopping"]
    assert len(recorded) >= 15
    for row in recorded:
        stopped, best = penalties.early_stopping(row["values"], row["patience"], row["min_delta"])
        end = len(row["values"]) - 1 if row["stopped_epoch"] is None else row["stopped_epoch"]
        assert (stopped, best) == (end, row["best_epoch"])


@given(losses=st.lists(st.floats(0, 1), min_size=1, max_size=30), patience=st.integers(0, 6))
def test_what_early_stopping_promises(losses, patience):
    stopped, best = penalties.early_stopping(losses, patience)
    assert losses[best] == min(losses[: stopped + 1])
    assert best == losses.index(losses[best])
    if stopped < len(losses) - 1:
        assert stopped - best == max(patience, 1)
    assert penalties.early_stopping(losses[: stopped + 1], patience) == (stopped, best)


def test_a_loss_that_is_no_number_is_no_improvement():
    assert penalties.early_stopping([1.0, 0.5, np.nan, np.nan, 0.1], 2) == (3, 1)


def test_patience_0_is_patience_1(rng):
    for _ in range(50):
        losses = rng.random(12)
        assert penalties.early_stopping(losses, 0) == penalties.early_stopping(losses, 1)


def test_max_norm_is_the_nearest_point_within_the_budget(rng):
    """To a convex set the nearest point is that from which everything in it lies at an obtuse angle."""
    for c in (0.5, 2.0):
        weights = rng.normal(size=(4, 6)) * np.geomspace(0.1, 3, 6)
        nearest = penalties.max_norm(weights, c)
        within = np.linalg.norm(weights, axis=0) <= c
        assert within.any() and not within.all()
        np.testing.assert_array_equal(nearest[:, within], weights[:, within])
        others = rng.normal(size=(500, 4, 6))
        others *= c * rng.random((500, 1, 6)) / np.linalg.norm(others, axis=1, keepdims=True)
        inner = np.sum((weights - nearest) * (others - nearest), axis=1)
        assert (np.linalg.norm(nearest, axis=0) <= c * (1 + 1e-12)).all() and inner.max() < 1e-12


# Errors

FLAGS = np.array([True, False])
WRONG = {
    "lam": (penalties.l2_penalty, (np.ones(2), -0.1, FLAGS)),
    "lam of ridge": (penalties.ridge, (np.ones((3, 1)), np.ones(3), -1.0)),
    "x of one axis": (penalties.ridge, (np.ones(3), np.ones(3), 1.0)),
    "x without a row": (penalties.ridge, (np.ones((0, 2)), np.ones(0), 1.0)),
    "y of another length": (penalties.ridge, (np.ones((3, 2)), np.ones(4), 1.0)),
    "c": (penalties.max_norm, (np.ones((2, 3)), 0.0)),
    "weights": (penalties.max_norm, (np.ones(3), 1.0)),
    "threshold": (penalties.soft_threshold, (np.ones(2), -1.0)),
    "l1": (penalties.elastic_net_prox, (np.ones(2), 0.1, -1.0, 0.0)),
    "l2": (penalties.elastic_net_prox, (np.ones(2), 0.1, 0.0, np.nan)),
    "losses": (penalties.early_stopping, ([], 3)),
    "patience": (penalties.early_stopping, ([1.0], -1)),
    "min_delta": (penalties.early_stopping, ([1.0], 1, -0.5)),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_argument_and_what_was_expected(name):
    function, arguments = WRONG[name]
    argument = (
        name.split(" of")[0].split(" with")[0].removesuffix(", none").removesuffix(", a word")
    )
    with pytest.raises(ValueError, match=rf"^{argument}: expected .+, got ") as error:
        function(*arguments)
    assert len(str(error.value)) < 200
