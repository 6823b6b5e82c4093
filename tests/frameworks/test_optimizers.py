"""Rows and sentences on optimizers and schedules: each is looked for in the chapter, and seen in the framework."""

import inspect

import keras
import numpy as np
import pytest
import torch
from scipy.optimize import line_search, minimize
from torch import nn

from solutions.adaptive import adagrad_step, adam_step, adamw_step, rmsprop_step
from solutions.descent import momentum_step, nesterov_shifted_step, sgd_step
from solutions.ensembles import snapshot_schedule
from solutions.quasi_newton import bfgs_update, lbfgs_direction
from solutions.schedules import reduce_on_plateau
from tests.frameworks import sections

STEPS, LR, MU = 60, 0.05, 0.9
CURVATURE = np.diag([1.0, 7.0, 0.2])
START = np.array([1.0, -2.0, 0.5])


def said(chapter, *words):
    text = " ".join(sections.section(chapter).split())
    for part in words:
        assert part in text, f"{chapter} no longer says: {part}"


def gradient(theta):
    return CURVATURE @ theta


def ours(step, *state, rates=(LR,) * STEPS):
    """The points of a reference whose gradients are taken where it has come to."""
    theta, points, state = START, [], [np.full(3, value) for value in state]
    for t, lr in enumerate(rates, start=1):
        result = step(theta, gradient(theta), *state, lr=lr, t=t)
        theta, *state = result if isinstance(result, tuple) else (result,)
        points.append(theta)
    return np.array(points)


def of_torch(kind, rates=(LR,) * STEPS, **kwargs):
    theta = nn.Parameter(torch.tensor(START))
    optimizer = kind([theta], lr=rates[0], **kwargs)
    points = []
    for lr in rates:
        optimizer.param_groups[0]["lr"] = lr
        theta.grad = torch.tensor(gradient(theta.detach().numpy()))
        optimizer.step()
        points.append(theta.detach().numpy().copy())
    return np.array(points)


def of_keras(kind, rates=(LR,) * STEPS, first=START, slope=gradient, **kwargs):
    theta, points = keras.Variable(first, dtype="float64"), []
    before = keras.config.floatx()
    keras.config.set_floatx("float64")  # the state's and the rate's type
    try:
        optimizer = kind(learning_rate=rates[0], **kwargs)
        optimizer.build([theta])
        for lr in rates:
            optimizer.learning_rate = lr
            grad = slope(keras.ops.convert_to_numpy(theta))
            optimizer.apply([keras.ops.convert_to_tensor(grad, dtype="float64")])
            points.append(keras.ops.convert_to_numpy(theta).copy())
    finally:
        keras.config.set_floatx(before)
    return np.array(points)


def same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def differ(a, b):
    assert np.abs(a - b).max() > 1e-4


# Descent

CUT = (LR,) * 30 + (LR / 10,) * 30
OURS = {
    "momentum": lambda p, g, v, lr, t: momentum_step(p, g, v, lr, MU),
    "nesterov": lambda p, g, v, lr, t: nesterov_shifted_step(p, g, v, lr, MU),
}


def test_plain_descent():
    plain = ours(lambda p, g, lr, t: sgd_step(p, g, lr))
    same(of_torch(torch.optim.SGD), plain)
    same(of_keras(keras.optimizers.SGD), plain)


def test_momentum_has_form_a_in_pytorch_and_form_b_in_keras():
    said("descent", "| momentum | form A | form A | form B: equal while the rate is constant |")
    step = OURS["momentum"]
    same(of_torch(torch.optim.SGD, CUT, momentum=MU), ours(step, 0.0, rates=CUT))
    same(of_keras(keras.optimizers.SGD, momentum=MU), ours(step, 0.0))
    cut = of_keras(keras.optimizers.SGD, CUT, momentum=MU)
    differ(cut, ours(step, 0.0, rates=CUT))

    def form_b(theta, grad, u, lr, t):
        u = MU * u - lr * grad
        return theta + u, u

    same(cut, ours(form_b, 0.0, rates=CUT))


def test_nesterov_is_the_shifted_form_with_the_rate_inside_in_keras():
    said("descent", "| Nesterov | both forms | shifted form | shifted form, rate inside |")
    step = OURS["nesterov"]
    same(of_torch(torch.optim.SGD, CUT, momentum=MU, nesterov=True), ours(step, 0.0, rates=CUT))
    same(of_keras(keras.optimizers.SGD, momentum=MU, nesterov=True), ours(step, 0.0))

    def inside(theta, grad, u, lr, t):
        u = MU * u - lr * grad
        return theta + MU * u - lr * grad, u

    same(
        of_keras(keras.optimizers.SGD, CUT, momentum=MU, nesterov=True),
        ours(inside, 0.0, rates=CUT),
    )


def test_dampening_averages_but_for_the_first_gradient():
    said(
        "descent",
        "`dampening=mu` (the first gradient enters whole)",
        "| averaged momentum, form C | rescale `lr` |",
    )

    def averaged(theta, grad, v, lr, t):
        v = grad if t == 1 else MU * v + (1 - MU) * grad
        return theta - lr * v, v

    same(of_torch(torch.optim.SGD, momentum=MU, dampening=MU), ours(averaged, 0.0))
    assert "dampening" not in inspect.signature(keras.optimizers.SGD).parameters


def test_keras_refuses_the_old_name_of_the_rate():
    for chapter in ("descent", "adaptive", "schedules"):
        said(chapter, "the argument is `learning_rate`, the old `lr` is gone")
    with pytest.raises((TypeError, ValueError), match="lr"):
        keras.optimizers.SGD(lr=0.1)


# Adaptive rates

EPS = 0.1  # large, so that its place is seen


def test_eps_of_adagrad_and_rmsprop():
    said("adaptive", "| $\\epsilon$ in AdaGrad, RMSProp | outside the root | outside | inside |")
    adagrad = ours(lambda p, g, s, lr, t: adagrad_step(p, g, s, lr, EPS), 0.0)
    same(of_torch(torch.optim.Adagrad, eps=EPS), adagrad)
    differ(of_keras(keras.optimizers.Adagrad, epsilon=EPS, initial_accumulator_value=0.0), adagrad)

    def adagrad_inside(theta, grad, s, lr, t):
        s = s + grad**2
        return theta - lr * grad / np.sqrt(s + EPS), s

    kind = keras.optimizers.Adagrad
    same(of_keras(kind, epsilon=EPS, initial_accumulator_value=0.0), ours(adagrad_inside, 0.0))
    same(of_keras(kind, epsilon=EPS), ours(adagrad_inside, 0.1))  # its first s

    rmsprop = ours(lambda p, g, v, lr, t: rmsprop_step(p, g, v, lr, 0.9, EPS), 0.0)
    same(of_torch(torch.optim.RMSprop, alpha=0.9, eps=EPS), rmsprop)

    def rmsprop_inside(theta, grad, v, lr, t):
        v = 0.9 * v + 0.1 * grad**2
        return theta - lr * grad / np.sqrt(v + EPS), v

    same(of_keras(keras.optimizers.RMSprop, rho=0.9, epsilon=EPS), ours(rmsprop_inside, 0.0))


def test_adam_and_where_keras_adds_eps():
    said("adaptive", "the same | added to $\\sqrt{v}$ before correction")
    adam = ours(lambda p, g, m, v, lr, t: adam_step(p, g, m, v, t, lr, eps=EPS), 0.0, 0.0)
    same(of_torch(torch.optim.Adam, eps=EPS), adam)
    found = of_keras(keras.optimizers.Adam, epsilon=EPS)
    differ(found, adam)

    def before_correction(theta, grad, m, v, lr, t):
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        rate = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return theta - rate * m / (np.sqrt(v) + EPS), m, v

    np.testing.assert_allclose(found, ours(before_correction, 0.0, 0.0), rtol=1e-6, atol=1e-8)


def test_adamw_and_where_else_decay_is_decoupled():
    said("penalties", "| AdamW's decay | times the learning rate | the same; default 0.01 |")
    adamw = ours(lambda p, g, m, v, lr, t: adamw_step(p, g, m, v, t, lr, 0.1), 0.0, 0.0)
    same(of_torch(torch.optim.AdamW, weight_decay=0.1), adamw)
    same(of_torch(torch.optim.Adam, weight_decay=0.1, decoupled_weight_decay=True), adamw)
    said("penalties", "# torch.optim.Adam(..., weight_decay=...) is the L2 penalty instead, unless")

    def l2(theta, grad, m, v, lr, t):
        return adam_step(theta, grad + 0.1 * theta, m, v, t, lr)

    same(of_torch(torch.optim.Adam, weight_decay=0.1), ours(l2, 0.0, 0.0))
    # Where the gradient is zero, only the decay is left.
    said("penalties", "so does `weight_decay=` of SGD and Adam, by default none")
    for kind in (keras.optimizers.AdamW, keras.optimizers.SGD, keras.optimizers.Adam):
        found = of_keras(kind, slope=np.zeros_like, weight_decay=0.1)
        np.testing.assert_allclose(found[-1], START * (1 - LR * 0.1) ** STEPS, rtol=1e-6)
    for kind in (keras.optimizers.SGD, keras.optimizers.Adam):
        assert kind().weight_decay is None


def test_keras_leaves_out_of_the_decay_what_is_excluded():
    said("penalties", 'optimizer.exclude_from_weight_decay(var_names=["bias"])')
    said("normalization", "| `exclude_from_weight_decay` |")
    weight, bias = (
        keras.Variable(np.ones(3), name="kernel"),
        keras.Variable(np.ones(3), name="bias"),
    )
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([weight, bias])
    optimizer.apply([keras.ops.zeros(3), keras.ops.zeros(3)])
    assert np.allclose(keras.ops.convert_to_numpy(weight), 0.95)
    assert np.allclose(keras.ops.convert_to_numpy(bias), 1)


@pytest.mark.parametrize("layer", [nn.LayerNorm(3), nn.Linear(1, 3)])
def test_pytorch_decays_all_parameters_unless_they_are_grouped(layer):
    said("normalization", "with all parameters, unless you make groups")
    said("penalties", "| L2's biases | left out | included, unless one makes groups |")
    said("bias-variance", "penalised, unless put in a group of its own")
    layer.requires_grad_(True)
    before = [p.detach().clone() for p in layer.parameters()]
    for p in layer.parameters():
        p.grad = torch.zeros_like(p)
    torch.optim.SGD(layer.parameters(), lr=0.1, weight_decay=0.5).step()
    for p, old in zip(layer.parameters(), before, strict=True):
        assert torch.allclose(p, 0.95 * old)


# Penalties as numbers


def test_the_penalties_of_keras_have_no_half_and_leave_the_bias_out():
    said(
        "penalties",
        "`L2(l2)` is $l_2 \\lVert w\\rVert^2$: $l_2 = \\lambda/2$",
        "left out: `kernel_regularizer`",
    )
    said(
        "bias-variance",
        "`L2(l)` adds $l\\lVert\\theta\\rVert^2$: $\\lambda = n l$ | `alpha` $= \\lambda$ |",
    )
    assert float(keras.regularizers.L2(0.5)(np.array([1.0, 2.0]))) == pytest.approx(2.5)
    layer = keras.layers.Dense(
        1, kernel_regularizer=keras.regularizers.L2(0.5), bias_initializer="ones"
    )
    layer.build((None, 2))
    weights = keras.ops.convert_to_numpy(layer.kernel)
    assert float(sum(layer.losses)) == pytest.approx(0.5 * float((weights**2).sum()), rel=1e-5)


# Schedules


def rates(optimizer, scheduler, n):
    found = []
    for _ in range(n):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def sgd(lr=0.1):
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr)


def test_where_plans_begin_and_what_a_cosine_does_after_its_end():
    said(
        "schedules",
        "| the one at which the plan begins | the one at which the plan begins: 0 with warm-up |",
    )
    said("schedules", "| cosine after its end | the next phase | rises again | stays low |")
    kinds, optimizer = torch.optim.lr_scheduler, sgd()
    warm = rates(optimizer, kinds.LinearLR(optimizer, start_factor=0.01, total_iters=100), 101)
    assert warm[0] == pytest.approx(0.001) and warm[100] == pytest.approx(0.1)
    optimizer = sgd()
    cosine = rates(optimizer, kinds.CosineAnnealingLR(optimizer, T_max=10), 21)
    assert cosine[0] == 0.1 and cosine[10] == pytest.approx(0) and cosine[20] == pytest.approx(0.1)
    schedules = keras.optimizers.schedules
    plan = schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=5)
    assert [float(plan(t)) for t in (0, 15, 25)] == pytest.approx([0, 0, 0], abs=1e-8)
    assert float(plan(5)) == pytest.approx(0.1)


def test_both_count_the_steps_of_a_cycle_from_zero():
    said("ensembles", "cycles that double; both frameworks count steps from 0, as we do")
    expected = [snapshot_schedule(t, 30, 3, 0.1) for t in range(30)]
    optimizer = sgd()
    cycle = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10)
    assert rates(optimizer, cycle, 30) == pytest.approx(expected)
    kind = keras.optimizers.schedules.CosineDecayRestarts
    assert [float(kind(0.1, 10, t_mul=1.0)(t)) for t in range(30)] == pytest.approx(
        expected, abs=1e-6
    )
    doubling = [float(kind(0.1, 10)(t)) for t in range(31)]
    assert [t for t in range(1, 31) if doubling[t] > doubling[t - 1]] == [10, 30]


LOSSES = [1.0, 0.9] + [0.9] * 20


def keras_plateau(losses, **kwargs):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **kwargs)
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, loss in enumerate(losses):
        found.append(float(model.optimizer.learning_rate))
        callback.on_epoch_end(epoch, {"loss": loss})
    return found


def torch_plateau(losses, lr=0.1, **kwargs):
    optimizer = sgd(lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **kwargs)
    found = []
    for loss in losses:
        found.append(optimizer.param_groups[0]["lr"])
        plateau.step(loss)
    return found


def test_when_a_plateau_cuts():
    said(
        "schedules",
        "| plateau: cut when the bad epochs | exceed patience | exceed patience; a cut of less than",
    )
    said("schedules", "| reach patience; the threshold is absolute |")
    for patience in (1, 2, 5):
        expected = reduce_on_plateau(LOSSES, 0.1, 0.5, patience)
        assert torch_plateau(LOSSES, factor=0.5, patience=patience) == pytest.approx(expected)
        sooner = reduce_on_plateau(LOSSES, 0.1, 0.5, patience - 1)
        assert keras_plateau(LOSSES, factor=0.5, patience=patience) == pytest.approx(
            sooner, rel=1e-5
        )
    # An improvement by 1e-3 of a loss of 1e-3: a large share of it, a small number.
    small = [2e-3, 1e-3, *np.linspace(0.99e-3, 0.5e-3, 10)]
    assert min(torch_plateau(small, patience=1, threshold=1e-4)) == 0.1
    assert min(keras_plateau(small, patience=1, min_delta=1e-4)) < 0.1
    # A cut by 0.95e-8 is left out, one by 2e-8 is made.
    assert min(torch_plateau(LOSSES[:4], lr=1.9e-8, factor=0.5, patience=1)) == 1.9e-8
    assert torch_plateau(LOSSES[:6], lr=4e-8, factor=0.5, patience=1)[-1] == 2e-8


def test_clipping_adds_a_little_in_pytorch_alone():
    said("schedules", "| clipping: what is added to the length | nothing | $10^{-6}$ | nothing |")
    p = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    p.grad = torch.tensor([3e-3, 4e-3], dtype=torch.float64)
    nn.utils.clip_grad_norm_([p], 1e-3)
    assert float(p.grad.norm()) == pytest.approx(1e-3 * 5e-3 / (5e-3 + 1e-6), rel=1e-12)
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=1e-3)
    x = keras.Variable(np.zeros(2), dtype="float64")
    optimizer.build([x])
    optimizer.apply([keras.ops.convert_to_tensor(np.array([3e-3, 4e-3]))])
    assert np.linalg.norm(keras.ops.convert_to_numpy(x)) == pytest.approx(1e-3, rel=1e-6)


def test_running_averages_of_the_weights():
    said(
        "schedules",
        "| the running average | begins at 0, corrected | begins with the first point |",
    )
    said("ensembles", "PyTorch's `AveragedModel` weighs all alike unless told otherwise")
    swa = torch.optim.swa_utils
    points = [1.0, 5.0, 3.0, 11.0]
    for kwargs, expected in (
        ({}, np.mean(points)),
        ({"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9)}, None),
    ):
        net = nn.Linear(1, 1, bias=False)
        average, slow = swa.AveragedModel(net, **kwargs), points[0]
        for point in points:
            nn.init.constant_(net.weight, point)
            average.update_parameters(net)
            slow = 0.9 * slow + 0.1 * point
        assert float(average.module.weight) == pytest.approx(slow if expected is None else expected)


def test_keras_replaces_the_weights_by_their_average_after_fit():
    said("schedules", "replaces the weights after `fit`")
    said("ensembles", "Keras's `use_ema` keeps an *exponential* average, which forgets old points")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[4.0]])])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), loss="mse")
    model.fit(np.ones((6, 1)), np.zeros((6, 1)), batch_size=2, epochs=1, verbose=0)
    w, average, seen = 4.0, None, []
    for _ in range(3):
        w -= 0.1 * 2 * w
        average = 4.0 if average is None else average
        average = 0.9 * average + 0.1 * w
        seen.append(w)
    found = float(model.get_weights()[0][0, 0])
    assert found != pytest.approx(w, rel=1e-3)
    from_first = 0.9 * (0.9 * seen[0] + 0.1 * seen[1]) + 0.1 * seen[2]
    assert found == pytest.approx(average, rel=1e-5) or found == pytest.approx(from_first, rel=1e-5)


# Newton, quasi-Newton


def rosenbrock(theta):
    return (1 - theta[0]) ** 2 + 100 * (theta[1] - theta[0] ** 2) ** 2


def rosenbrock_gradient(theta):
    rest = theta[1] - theta[0] ** 2
    return np.array([-2 * (1 - theta[0]) - 400 * theta[0] * rest, 200 * rest])


def rosenbrock_hessian(theta):
    return np.array(
        [[2 - 400 * (theta[1] - 3 * theta[0] ** 2), -400 * theta[0]], [-400 * theta[0], 200]]
    )


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg"])
def test_scipy_takes_products_in_place_of_the_hessian(method):
    said("newton", "In place of `hess` it takes `hessp`, a function of theta and a vector")
    result = minimize(
        rosenbrock,
        np.array([-1.2, 1.0]),
        jac=rosenbrock_gradient,
        hessp=lambda theta, v: rosenbrock_hessian(theta) @ v,
        method=method,
    )
    assert np.allclose(result.x, 1, atol=1e-3)


def test_the_step_of_a_line_search_fulfils_wolfe():
    theta = np.array([-1.2, 1.0])
    grad = rosenbrock_gradient(theta)
    alpha, *_ = line_search(rosenbrock, rosenbrock_gradient, theta, -grad, c1=1e-4, c2=0.9)
    new = theta - alpha * grad
    assert rosenbrock(new) <= rosenbrock(theta) - 1e-4 * alpha * grad @ grad
    assert abs(rosenbrock_gradient(new) @ grad) <= 0.9 * grad @ grad


def test_the_first_matrix_of_scipys_bfgs_is_the_identity():
    said("quasi-newton", "| first matrix of BFGS | scaled by the first pair | the identity | |")
    points = [np.array([-1.2, 1.0])]
    result = minimize(
        rosenbrock,
        points[0],
        jac=rosenbrock_gradient,
        method="BFGS",
        callback=lambda theta: points.append(theta.copy()),
        options={"maxiter": 1},
    )
    step = points[1] - points[0]
    change = rosenbrock_gradient(points[1]) - rosenbrock_gradient(points[0])
    np.testing.assert_allclose(result.hess_inv, bfgs_update(np.eye(2), step, change), rtol=1e-10)


def test_scipy_stops_by_the_largest_entry_of_the_gradient():
    said("quasi-newton", "the same, `gtol=1e-5`; L-BFGS-B also when $f$ hardly falls, `ftol`")
    for gtol in (1e-1, 1e-5):
        result = minimize(
            rosenbrock, [-1.2, 1.0], jac=rosenbrock_gradient, method="BFGS", options={"gtol": gtol}
        )
        assert np.abs(result.jac).max() <= gtol
        at_first = minimize(
            rosenbrock, result.x, jac=rosenbrock_gradient, method="BFGS", options={"gtol": gtol}
        )
        assert at_first.nit == 0
    early = minimize(
        rosenbrock, [-1.2, 1.0], jac=rosenbrock_gradient, method="L-BFGS-B", options={"ftol": 1e-1}
    )
    assert np.abs(early.jac).max() > 1e-3 and early.success


def test_bounds_are_of_l_bfgs_b():
    said("quasi-newton", "| bounds on the parameters | no | L-BFGS-**B**: yes | no |")
    result = minimize(
        rosenbrock,
        [-1.2, 0.3],
        jac=rosenbrock_gradient,
        method="L-BFGS-B",
        bounds=[(None, 0.5)] * 2,
    )
    assert result.x[0] == pytest.approx(0.5)
    assert "bounds" not in inspect.signature(torch.optim.LBFGS).parameters


def torch_lbfgs(max_iter, **kwargs):
    """The points at which PyTorch's L-BFGS asks for the loss in one call of `step`, and after it."""
    theta = nn.Parameter(torch.tensor([-0.5, 0.4], dtype=torch.float64))
    optimizer, asked = torch.optim.LBFGS([theta], lr=1e-3, max_iter=max_iter, **kwargs), []

    def closure():
        optimizer.zero_grad()
        asked.append(theta.detach().numpy().copy())
        loss = (1 - theta[0]) ** 2 + 100 * (theta[1] - theta[0] ** 2) ** 2
        loss.backward()
        return loss

    optimizer.step(closure)
    return [*asked, theta.detach().numpy()]


def test_pytorchs_lbfgs_scales_by_the_newest_pair_and_has_no_line_search():
    said(
        "quasi-newton",
        "| scaling of L-BFGS | $(s^\\top y)/(y^\\top y)$ of the newest pair | the same | the same |",
    )
    said("quasi-newton", "**none** by default: a fixed step `lr=1`")
    first, second, third = torch_lbfgs(2, max_eval=9)
    step = second - first
    change = rosenbrock_gradient(second) - rosenbrock_gradient(first)
    assert change @ step > 0
    direction = lbfgs_direction(rosenbrock_gradient(second), [step], [change])
    np.testing.assert_allclose(third - second, 1e-3 * direction, rtol=1e-10)  # lr, not a search


def test_one_step_of_pytorchs_lbfgs_is_many_iterations():
    said(
        "quasi-newton",
        "It evaluates the loss several times a step",
        "up to `max_iter=20` iterations on one batch",
    )
    assert len(torch_lbfgs(20)) - 1 == 20
    assert len(torch_lbfgs(20, line_search_fn="strong_wolfe")) > 20


def test_keras_has_no_second_order_optimizer():
    said("quasi-newton", "Keras has no second-order optimizer.")
    names = {name.lower() for name in dir(keras.optimizers)}
    assert "adam" in names and not {name for name in names if "bfgs" in name or "newton" in name}


# Transfer


def test_what_moves_a_frozen_parameter_of_pytorch():
    said(
        "transfer",
        "stays if its gradient is `None`; **moves** if the gradient is zero, or left over from before",
    )
    for left, moves in (("none", False), ("zero", True), ("left over", True)):
        p = nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
        p.grad = torch.ones(2)
        optimizer.step()
        before = p.detach().clone()
        p.requires_grad = False
        p.grad = {"none": None, "zero": torch.zeros(2), "left over": p.grad}[left]
        optimizer.step()
        assert torch.equal(p, before) != moves


def test_a_frozen_layer_of_keras_stays_once_compiled_again():
    said("transfer", "stays: it is not among the trained variables")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    x, y = np.ones((8, 2)), np.zeros((8, 1))
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="mse")
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="mse")
    frozen, head = model.layers[0].get_weights(), model.layers[1].get_weights()
    model.fit(x, y, verbose=0)
    assert all((a == b).all() for a, b in zip(frozen, model.layers[0].get_weights(), strict=True))
    assert any((a != b).any() for a, b in zip(head, model.layers[1].get_weights(), strict=True))


def test_keras_shares_layers_and_clones_them_with_new_weights():
    said("transfer", "layers are shared otherwise", "a clone has new weights")
    first = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    second = keras.Sequential([keras.Input((2,)), *first.layers[:-1]])
    assert second.layers[0] is first.layers[0]
    clone = keras.models.clone_model(first)
    assert (clone.get_weights()[0] != first.get_weights()[0]).any()


def test_keras_has_optimizers_for_groups_of_layers():
    said("transfer", "`MultiOptimizer` (since 3.15)")
    assert keras.optimizers.MultiOptimizer and keras.optimizers.OptimizerMap
