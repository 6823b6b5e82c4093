"""What is said of each kind of fault, whole: in a notebook as text and as HTML, and of hidden cases.

`pytest tests/gradus/test_messages.py --snapshot-update` writes what is said now; read it before you commit it.
"""

import numpy as np
import pytest

from gradus.authoring import Call, judge
from gradus.calling import call_cases
from gradus.distributions import sample
from gradus.tables import Progress, Table
from gradus.values import Rng
from gradus.verdict import examine
from tests.gradus.test_kinds import in_turn, make_reach, make_repair


def momentum_step(theta, velocity, grad, lr, mu=0.9):
    """One step."""
    velocity = mu * velocity + grad
    return theta - lr * velocity, velocity


def order(scores):
    """The places of the scores from the lowest to the highest."""
    return np.argsort(scores)


def settings(rate):
    """What goes with a rate."""
    return {"rate": rate, "name": "sgd", "nesterov": False}


def dropout_mask(n, p, rng):
    """Which of n units stay."""
    return rng.random(n) >= p


@judge(momentum_step, points=2, returns=("theta", "velocity"))
def step(rng):
    for label, n in (("two parameters", 2), ("40 parameters", 40)):
        yield Call(
            label,
            theta=rng.normal(size=n),
            velocity=rng.normal(size=n),
            grad=rng.normal(size=n),
            lr=0.1,
            mu=0.8,
        )
    yield Call(
        "no step yet",
        theta=rng.normal(size=3),
        velocity=np.zeros(3),
        grad=rng.normal(size=3),
        lr=0.1,
    )


step.add_mistakes("""
    the step goes uphill: subtract `lr * velocity`
        theta - lr -> theta + lr
    the old velocity is forgotten
        mu * velocity + grad -> grad
""")


@judge(order, points=1, returns=("places",), places=True)
def sort(rng):
    yield Call("five scores", scores=rng.permutation(5) / 2)


@judge(settings, points=1, returns=("settings",))
def choose(rng):
    yield Call("a rate", rate=rng.uniform(0.5, 0.9))


@judge(dropout_mask, points=1, returns=("mask",), compare_as=sample)
def mask(rng):
    for number in range(8):
        yield Call(f"2,000 units, generator {number}", n=2000, p=0.5, rng=Rng(number))
    yield Call("2,000 units, generator 0 again", n=2000, p=0.5, rng=Rng(0))
    yield Call("2,000 units, most of them dropped", n=2000, p=0.8, rng=Rng(9))


mask.add_mistakes("""
    the mask says which units are dropped, not which stay
        >= -> <
""")


repair, reach = make_repair(), make_reach({0.4: 0.25, 0.5: 0.5, 0.99: 1.0})


def unanswered(theta, velocity, grad, lr, mu=0.9):
    raise NotImplementedError("replace this line with your answer")


def in_place(theta, velocity, grad, lr, mu=0.9):
    velocity *= mu
    velocity += grad
    return theta - lr * velocity, velocity


def first_of_mu(theta, velocity, grad, lr, mu=0.9):
    velocity = 0.9 * velocity + grad
    return theta - lr * velocity, velocity


def divided(theta, velocity, grad, lr, mu=0.9):
    with np.errstate(all="ignore"):
        return theta + lr * (mu * velocity + grad) * np.abs(velocity) / np.abs(
            velocity
        ), mu * velocity + grad


def ended(theta, velocity, grad, lr, mu=0.9):
    while lr:
        theta = theta + 0


def deep(theta, velocity, grad, lr, mu=0.9):
    return deep(theta, velocity, grad, lr, mu)


def left(theta, velocity, grad, lr, mu=0.9):
    raise SystemExit("the end")


def raised(theta, velocity, grad, lr, mu=0.9):
    return theta[9], velocity


FAULTS = {
    "not answered": (step, unanswered),
    "right": (step, momentum_step),
    "a known mistake": (step, lambda t, v, g, lr, mu=0.9: (t + lr * (mu * v + g), mu * v + g)),
    "a known mistake that divides by zero besides": (step, divided),
    "an argument that is not used": (step, first_of_mu),
    "a relation: the minus of it": (
        step,
        lambda t, v, g, lr, mu=0.9: (-(t - lr * (mu * v + g)), mu * v + g),
    ),
    "results in another order": (
        step,
        lambda t, v, g, lr, mu=0.9: momentum_step(t, v, g, lr, mu)[::-1],
    ),
    "one wrong number": (
        step,
        lambda t, v, g, lr, mu=0.9: (
            t - lr * (mu * v + g) + 1e-3 * (np.arange(t.size) == 1),
            mu * v + g,
        ),
    ),
    "all numbers wrong": (step, lambda t, v, g, lr, mu=0.9: (t * g, v - g)),
    "near": (step, lambda t, v, g, lr, mu=0.9: (np.round(t - lr * (mu * v + g), 6), mu * v + g)),
    "not finite": (step, lambda t, v, g, lr, mu=0.9: (t * np.nan, v)),
    "one result of two": (step, lambda t, v, g, lr, mu=0.9: t - lr * (mu * v + g)),
    "another shape": (step, lambda t, v, g, lr, mu=0.9: (t[:, None], v)),
    "nothing returned": (step, lambda t, v, g, lr, mu=0.9: None),
    "text for numbers": (step, lambda t, v, g, lr, mu=0.9: ("theta", v)),
    "a function for data": (step, lambda t, v, g, lr, mu=0.9: (lambda: t, v)),
    "another argument is needed": (step, lambda t, v, g: (t, v)),
    "an argument changed in place": (step, in_place),
    "an exception": (step, raised),
    "a call without end": (step, deep),
    "Python is left": (step, left),
    "places as floats": (sort, lambda scores: np.argsort(scores).astype(float)),
    "a text in place of a dict": (choose, lambda rate: "sgd"),
    "a key too many": (choose, lambda rate: {**settings(rate), "lr": rate}),
    "a key too few": (choose, lambda rate: {"rate": rate, "name": "sgd"}),
    "a text and a truth": (choose, lambda rate: {"rate": rate, "name": "SGD", "nesterov": False}),
    "draws of a known mistake": (mask, lambda n, p, rng: rng.random(n) < p),
    "draws of another share": (mask, lambda n, p, rng: rng.random(n) >= 0.7 * p),
    "draws from another generator": (
        mask,
        lambda n, p, rng: np.random.default_rng().random(n) >= p,
    ),
    "draws from one seed": (mask, lambda n, p, rng: np.random.default_rng(0).random(n) >= p),
    "an exact share": (mask, lambda n, p, rng: rng.permutation(n) >= round(p * n)),
    "draws of another shape": (mask, lambda n, p, rng: rng.random(n + 1) >= p),
    "a repair that is as it was given": (repair, repair.given),
    "half a repair": (repair, lambda x: float(np.mean(x)) if len(x) else 0.0),
    "a part of the way": (reach, in_turn),
    "no score": (reach, lambda eigenvalues, n_steps: np.full(n_steps, 1e300)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_said(fault, snapshot):
    exercise, answer = FAULTS[fault]
    visible, hidden = exercise.plan(), exercise.plan(seed=5)
    table = Table(examine(visible, call_cases(answer, visible.cases)), visible.cases)
    graded = Table(examine(hidden, call_cases(answer, hidden.cases), reveal=False))
    assert repr(table) == snapshot(name="in a notebook, as text")
    assert table._repr_html_() == snapshot(name="in a notebook")
    assert repr(graded) == snapshot(name="of hidden cases")


def test_what_is_said_of_a_loop_without_end(snapshot, monkeypatch):
    monkeypatch.setattr("gradus.calling.CASE_SECONDS", 0.2)
    plan = step.plan()
    assert repr(Table(examine(plan, call_cases(ended, plan.cases)), plan.cases)) == snapshot


def test_the_points_so_far(snapshot):
    plans = {plan.exercise: plan for plan in (step.plan(), sort.plan(), reach.plan())}
    verdicts = {
        name: examine(plans[name], call_cases(answer, plans[name].cases))
        for name, answer in {"momentum_step": first_of_mu, "rates": in_turn}.items()
    }
    assert repr(Progress(plans, verdicts)) == snapshot(name="as text")
    assert Progress(plans, verdicts)._repr_html_() == snapshot(name="in a notebook")
