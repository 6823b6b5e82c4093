"""How the exercises of the chapter on schedules are judged."""

import numpy as np

from gradus.authoring import Call, Written, judge
from solutions import quantities
from solutions import schedules as reference

SHAPES = ("linear", "cosine", "exponential", "inverse", "jump")


@judge(reference.best_rates, points=3, returns=("rates",))
def best_rates(rng):
    def direction(share):
        """Noise that is this share of what one gradient says at the start."""
        curvature, sigma = 10 ** rng.uniform(-1, 1), rng.uniform(0.3, 3.0)
        return {"curvature": curvature, "sigma": sigma, "variance": (sigma / curvature) ** 2 / share}

    yield Call("one step", 0.5, **direction(rng.uniform(0.5, 2.0)), n_steps=1)
    yield Call("two steps", 0.5, **direction(rng.uniform(0.5, 2.0)), n_steps=2)
    yield Call(
        "far away: hardly any noise at first", **direction(rng.uniform(0.05, 0.2)), n_steps=int(rng.integers(5, 9))
    )
    yield Call("as much noise as way", **direction(rng.uniform(0.7, 1.5)), n_steps=int(rng.integers(10, 20)))
    yield Call("near already: mostly noise", **direction(rng.uniform(5, 20)), n_steps=int(rng.integers(5, 9)))
    yield Call("many steps", **direction(rng.uniform(0.5, 2.0)), n_steps=int(rng.integers(150, 250)))


best_rates.add_mistakes("""
    this would be best without noise, which every step adds anew: 1 over the curvature, in one step
        1 / (curvature * (1 + age + np.arange(n_steps))) -> np.full(n_steps, 1 / curvature)
    all steps have the rate that is best for the first: the variance falls, and with it the rate
        1 / (curvature * (1 + age + np.arange(n_steps))) -> np.full(n_steps, 1 / (curvature * (1 + age)))
    the variance at the start is left out: the less there is, the shorter the first step
        (1 + age + np.arange(n_steps)) -> (1 + np.arange(n_steps))
    these are the rates from the second step on: the first is for the variance at the start
        np.arange(n_steps) -> np.arange(1, n_steps + 1)
    these rates are one step late: the first is for the variance at the start, with the noise of a step
        (1 + age + np.arange(n_steps)) -> (age + np.arange(n_steps))
    `sigma` is the standard deviation of the noise: its square enters
        (sigma / curvature) ** 2 / variance -> sigma / curvature**2 / variance
    or
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature**2 * variance + sigma))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + (rates[-1] * sigma) ** 2
        return np.array(rates)
    a factor of the curvature is missing: the derivative has one above the fraction, and its square below
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + (rates[-1] * sigma) ** 2
        return np.array(rates)
    or
        rates = []
        for _ in range(n_steps):
            rates.append(variance / (curvature**2 * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + (rates[-1] * sigma) ** 2
        return np.array(rates)
    `variance` is the mean of theta**2: it enters as it is
        / variance -> / variance**2
    or
        / variance -> / np.sqrt(variance)
    with these rates the variance stays as it is: the best are half as large
        1 / (curvature * (1 + age + np.arange(n_steps))) -> np.full(n_steps, 2 / (curvature * (1 + age)))
    or
        1 / (curvature -> 2 / (curvature
    the curvature is left out: the rate is 1 over it and over what grows
        1 / (curvature * (1 + age + np.arange(n_steps))) -> 1 / (1 + age + np.arange(n_steps))
    the curvature is missing in the share of the noise: it is (sigma / curvature)**2 of the variance
        (sigma / curvature) ** 2 / variance -> sigma**2 / variance
    the share of the noise is upside down
        age = (sigma / curvature) ** 2 / variance -> age = variance / (sigma / curvature) ** 2
    these fall like one over the root of the step
        1 / (curvature * (1 + age + np.arange(n_steps))) -> 1 / (curvature * np.sqrt((1 + age) ** 2 + np.arange(n_steps)))
    or
        1 / (curvature * (1 + age + np.arange(n_steps))) -> 1 / (curvature * (1 + age) * np.sqrt(1 + np.arange(n_steps)))
    or
        np.arange(n_steps) -> np.sqrt(np.arange(n_steps))
    the first rate is right, and is then divided by the number of the step: the start counts as more
    than one step
        1 / (curvature * (1 + age + np.arange(n_steps))) -> 1 / (curvature * (1 + age) * (1 + np.arange(n_steps)))
    the variance is followed without the noise that each step adds
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature**2 * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance
        return np.array(rates)
    the variance is followed with a factor that is not squared
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature**2 * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) * variance + (rates[-1] * sigma) ** 2
        return np.array(rates)
    the variance is followed with noise that is not multiplied by the rate
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature**2 * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + sigma**2
        return np.array(rates)
    the variance is followed with noise whose rate is not squared
        rates = []
        for _ in range(n_steps):
            rates.append(curvature * variance / (curvature**2 * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + rates[-1] * sigma**2
        return np.array(rates)
    these are the variances: the rates are asked for
        1 / (curvature * (1 + age + np.arange(n_steps))) -> (sigma / curvature) ** 2 / (age + np.arange(n_steps))
    or
        1 / (curvature * (1 + age + np.arange(n_steps))) -> (sigma / curvature) ** 2 / (age + 1 + np.arange(n_steps))
    the last step comes first here
        np.arange(n_steps) -> np.arange(n_steps)[::-1]
    the rate falls along a straight line here
        1 / (curvature * (1 + age + np.arange(n_steps))) -> (1 - np.arange(n_steps) / max(n_steps, 1)) / (curvature * (1 + age))
    the steps are counted with the noise of each: from step to step the divisor grows by 1
        np.arange(n_steps) -> age * np.arange(n_steps)
    the gradient is the curvature times theta: a factor of the curvature is missing above the fraction and below
        rates = []
        for _ in range(n_steps):
            rates.append(variance / (curvature * variance + sigma**2))
            variance = (1 - rates[-1] * curvature) ** 2 * variance + (rates[-1] * sigma) ** 2
        return np.array(rates)
    the curvature in the share of the noise is not squared
        (sigma / curvature) ** 2 / variance -> sigma**2 / curvature / variance
    the curvature is missing before the number of the step: the brackets hold both
        age = (sigma / curvature) ** 2 / variance
        return 1 / (curvature * (1 + age) + np.arange(n_steps))
""")
best_rates.add_variants("""
    by following the variance
        rates = []
        for _ in range(n_steps):
            rate = curvature * variance / (curvature**2 * variance + sigma**2)
            variance = (1 - rate * curvature) ** 2 * variance + rate**2 * sigma**2
            rates.append(rate)
        return rates
    by the precision, which grows by the same in every step
        rates, precision = np.zeros(n_steps), 1 / variance
        for k in range(n_steps):
            precision += (curvature / sigma) ** 2
            rates[k] = curvature / sigma**2 / precision
        return rates
    each rate from the one before it
        rate, rates = 1 / (curvature + sigma**2 / (curvature * variance)), []
        while len(rates) < n_steps:
            rates.append(rate)
            rate = rate / (1 + curvature * rate)
        return np.array(rates)
    what is left of the variance, as a product
        rates, left = [], 1.0
        for _ in range(n_steps):
            v = variance * left
            rates.append(v / (v * curvature + sigma**2 / curvature))
            left *= 1 - rates[-1] * curvature
        return np.array(rates)
""")


@judge(reference.schedule, points=4, returns=("rates",))
def schedule(rng):
    def rate():
        return rng.uniform(0.05, 1.0)

    def steps():
        return int(rng.integers(4, 8))

    for label, shape in (
        ("half a cosine", "cosine"),
        ("an exponential", "exponential"),
        ("1 / rate along a straight line", "inverse"),
        ("a cut", "jump"),
    ):
        high = rng.uniform(0.5, 1.0)
        phases = [(shape, steps(), high * rng.uniform(0.1, 0.3))]
        yield Call(label, 0.3, start=high, phases=phases)
    yield Call("warm-up from 0", 0.3, start=0.0, phases=[("linear", steps(), rate())])
    yield Call(
        "warm-up, a plateau, and down to 0",
        0.5,
        start=0.0,
        phases=[("linear", steps(), 0.7), ("jump", steps(), 0.7), ("cosine", steps(), 0.0)],
    )
    # In these every shape is needed, a phase of one step, and one of none.
    for label in ("all shapes", "all shapes, in another order", "all shapes, some of them twice"):
        phases = [(shape, steps(), rate()) for shape in rng.permutation(SHAPES).tolist()]
        # What follows the phase of none is told by where it begins: it is no jump, and has more than one step.
        places = [place for place in range(1, 4) if phases[place][0] != "jump"]
        phases.insert(int(rng.choice(places)), ("jump", 0, rate()))
        phases.insert(int(rng.integers(5, 7)), (SHAPES[int(rng.integers(4))], 1, rate()))
        if label.endswith("twice"):
            phases += [(shape, steps(), rate()) for shape in rng.permutation(SHAPES[:4]).tolist()]
        yield Call(label, 2, start=rate(), phases=phases)


schedule.add_mistakes("""
    the first step of each phase still has the rate before it: its k-th step, counted from 1, is k /
    n_steps of the way
        np.arange(1, n_steps + 1) / n_steps -> np.arange(n_steps) / n_steps
    both ends are steps of the phase: its first step is 1 / n_steps of the way, and only the last has
    `end`
        np.arange(1, n_steps + 1) / n_steps -> np.linspace(0, 1, n_steps)
    no step has `end`: the last of n_steps steps does
        np.arange(1, n_steps + 1) / n_steps -> np.arange(1, n_steps + 1) / (n_steps + 1)
    the first step has `end` already, and the next ones go beyond: it is 1 / n_steps of the way
        np.arange(1, n_steps + 1) / n_steps -> np.arange(n_steps, 2 * n_steps) / n_steps
    the phase ends one step too early: its last step has `end`
        np.arange(1, n_steps + 1) / n_steps -> np.minimum(np.arange(1, n_steps + 1) / max(n_steps - 1, 1), 1)
    every phase begins at `start`: it goes on from where the one before it ended
        [*rates, *part], end -> [*rates, *part], before
    a phase of no steps is passed over: the next one goes on from its `end` all the same
        [*rates, *part], end -> [*rates, *part], end if n_steps else before
    each phase goes on from the first step of the one before it: from its `end`
        [*rates, *part], end -> [*rates, *part], part[0] if n_steps else end
    time is counted from the beginning of the plan: each phase counts its own steps
        np.arange(1, n_steps + 1) / n_steps -> np.arange(len(rates) + 1, len(rates) + n_steps + 1) / n_steps
    only the last phase is returned: the rates of all steps, one phase after the other
        [*rates, *part] -> [*part]
    the rate before the first step is returned, too: one rate for each step
        rates: list[float] = [] -> rates: list[float] = [start]
    the phases are in the wrong order: the last one comes first here
        [*rates, *part] -> [*part, *rates]
    the rate rises from `end` to the rate before: "cosine" runs the other way
        (1 + np.cos(np.pi * f)) / 2 -> (1 - np.cos(np.pi * f)) / 2
    a whole wave goes by in "cosine", down and up again: half a wave is wanted
        np.cos(np.pi * f) -> np.cos(2 * np.pi * f)
    this is a quarter of a wave, which falls fastest at its end: "cosine" is level at both
        (1 + np.cos(np.pi * f)) / 2 -> np.cos(np.pi * f / 2)
    pi is missing in "cosine": half a wave has the angles 0 to pi
        np.pi * f -> f
    the half is missing in "cosine": the wave 1 + cos runs from 2 to 0
        (1 + np.cos(np.pi * f)) / 2 -> (1 + np.cos(np.pi * f))
    the 1 is missing in "cosine": cos runs from 1 to -1, and (1 + cos) / 2 from 1 to 0
        (1 + np.cos(np.pi * f)) / 2 -> np.cos(np.pi * f)
    or
        (1 + np.cos(np.pi * f)) / 2 -> np.cos(np.pi * f) / 2
    this is a sine: the cosine falls from 1 to -1 as its angle runs from 0 to pi
        np.cos(np.pi * f) -> np.sin(np.pi * f)
    `end` is forgotten in "cosine": the wave runs down to it, not to 0
        end + (before - end) * (1 + np.cos -> before * (1 + np.cos
    or
        end + (before - end) * (1 + np.cos -> (before - end) * (1 + np.cos
    `end` is added to a wave of full height: the wave is as high as the two ends are apart
        end + (before - end) * (1 + np.cos -> end + before * (1 + np.cos
    the wave has the height of the sum: it is as high as the two ends are apart
        end + (before - end) * (1 + np.cos -> end + (before + end) * (1 + np.cos
    the wave hangs below `end`: it stands on it
        end + (before - end) * (1 + np.cos -> end - (before - end) * (1 + np.cos
    the wave is cut off at `end`: it is squeezed between the two ends
        end + (before - end) * (1 + np.cos(np.pi * f)) / 2 -> np.maximum(end, before * (1 + np.cos(np.pi * f)) / 2)
    `end` is halved with the wave: half of the height is added to all of `end`
        end + (before - end) * (1 + np.cos(np.pi * f)) / 2 -> (end + (before - end) * (1 + np.cos(np.pi * f))) / 2
    the angle is in degrees: NumPy's cosine takes radians, from 0 to pi
        np.pi * f -> 180 * f
    "cosine" goes along a straight line: half a wave is wanted
        (1 + np.cos(np.pi * f)) / 2 -> (1 - f)
    "exponential" goes along a straight line: it multiplies by the same factor in every step
        before * (end / before) ** f -> before + (end - before) * f
    or
        before * (end / before) ** f -> before * (1 - (1 - end / before) * f)
    the base is e in "exponential": the factor of the whole phase is end / before
        before * (end / before) ** f -> before * np.exp(-f)
    or
        before * (end / before) ** f -> before * np.exp(-f * end)
    the factor of the whole phase is taken in every step of "exponential"
        before * (end / before) ** f -> before * (end / before) ** np.arange(1, n_steps + 1)
    or
        before * (end / before) ** f -> before * end ** np.arange(1, n_steps + 1)
    `end` is taken for the factor of the whole phase: that is end / before
        before * (end / before) ** f -> before * end**f
    the factor is upside down in "exponential": it is end / before
        before * (end / before) ** f -> before * (before / end) ** f
    the factor is taken for what is cut away in "exponential": it is what is left
        before * (end / before) ** f -> before * np.abs(1 - end / before) ** f
    "exponential" waits for the end of the phase and cuts then: it falls in every step
        before * (end / before) ** f -> before * (end / before) ** np.floor(f)
    the brackets are missing in "exponential": `**` comes before `/`
        before * (end / before) ** f -> before * end / before**f
    the rate before is missing in "exponential": this is the share of it
        before * (end / before) ** f -> (end / before) ** f
    the rate before is raised to the power, too: only the factor is
        before * (end / before) ** f -> (before * end / before) ** f
    "exponential" falls along 1 / rate: it multiplies by the same factor in every step
        before * (end / before) ** f -> 1 / (1 / before + (1 / end - 1 / before) * f)
    "inverse" is one over the fraction of the way: 1 / rate goes along a straight line between both ends
        1 / (1 / before + (1 / end - 1 / before) * f) -> end / f
    or
        1 / (1 / before + (1 / end - 1 / before) * f) -> before / np.arange(1, n_steps + 1)
    "inverse" ends at half of the rate before: 1 / rate goes along a straight line to 1 / end
        1 / (1 / before + (1 / end - 1 / before) * f) -> before / (1 + f)
    or
        1 / (1 / before + (1 / end - 1 / before) * f) -> before / (1 + np.arange(1, n_steps + 1))
    "inverse" goes along a straight line: 1 / rate does
        1 / (1 / before + (1 / end - 1 / before) * f) -> before + (end - before) * f
    "inverse" falls like an exponential: 1 / rate goes along a straight line
        1 / (1 / before + (1 / end - 1 / before) * f) -> before * (end / before) ** f
    "inverse" falls like one over the root: 1 / rate goes along a straight line, not its square
        1 / (1 / before + (1 / end - 1 / before) * f) -> 1 / np.sqrt(1 / before**2 + (1 / end**2 - 1 / before**2) * f)
    "inverse" falls like one over the square: 1 / rate goes along a straight line, not its root
        1 / (1 / before + (1 / end - 1 / before) * f) -> 1 / (before**-0.5 + (end**-0.5 - before**-0.5) * f) ** 2
    this is one over the rate in "inverse": the rate is asked for
        1 / (1 / before + (1 / end - 1 / before) * f) -> 1 / before + (1 / end - 1 / before) * f
    "inverse" runs the other way: from 1 / before to 1 / end
        1 / (1 / before + (1 / end - 1 / before) * f) -> 1 / (1 / end + (1 / before - 1 / end) * f)
    the brackets are missing in "inverse": divide by the whole
        1 / (1 / before + (1 / end - 1 / before) * f) -> 1 / (1 / before) + (1 / end - 1 / before) * f
    "linear" begins at 0, wherever it is: it goes on from the rate before
        before + (end - before) * f -> end * f
    "linear" ends at the sum of both: it goes to `end`
        before + (end - before) * f -> before + end * f
    "linear" runs the other way, from `end` to the rate before
        before + (end - before) * f -> end + (before - end) * f
    or
        before + (end - before) * f -> before - (end - before) * f
    "linear" goes along a parabola: in equal parts
        before + (end - before) * f -> before + (end - before) * f**2
    all steps of "linear" have the first part of the way: the k-th has k parts
        before + (end - before) * f -> np.full(n_steps, before + (end - before) / max(n_steps, 1))
    "linear" has `end` from its first step on: it gets there in equal parts
        before + (end - before) * f -> np.full(n_steps, end)
    "linear" waits for its last step: it gets there in equal parts
        before + (end - before) * f -> np.where(f < 1, before, end)
    the cut of "jump" comes one phase late: all its steps have `end`
        np.full(n_steps, end) -> np.full(n_steps, before)
    the cut of "jump" comes with its last step: all its steps have `end`
        np.full(n_steps, end) -> np.where(f < 1, before, end)
    the cut of "jump" comes one step late: all its steps have `end`
        np.full(n_steps, end) -> np.where(np.arange(n_steps) < 1, before, end)
    `end` is taken for a factor in "jump": all its steps have `end`
        np.full(n_steps, end) -> np.full(n_steps, before * end)
    "jump" lasts for one step: all its steps have `end`
        np.full(n_steps, end) -> np.where(np.arange(n_steps) < 1, end, before)
    a phase of no steps gets one
        f = np.arange -> n_steps = max(n_steps, 1); f = np.arange
    each step takes the rate of the step before for that before the phase: this one stays, for all its steps
        rates, before = [], start
        for shape, n_steps, end in phases:
            for k in range(n_steps):
                before = schedule(before, [(shape, n_steps, end)])[k]
                rates.append(before)
        return np.array(rates)
    or
        rates, before = [], start
        for shape, n_steps, end in phases:
            for k in range(n_steps):
                before = schedule(before, [(shape, n_steps, end)])[k]
                rates.append(before)
            before = end
        return np.array(rates)
    the rate before the phase is a step of it: of n_steps + 1 points the first is left out
        np.arange(1, n_steps + 1) / n_steps -> np.linspace(0, 1, n_steps + 1)
    or
        part = before + (end - before) * f -> part = np.linspace(before, end, n_steps + 1)
    the straight line of "inverse" runs between the rates: it runs from 1 / before to 1 / end
        (1 / before + (1 / end - 1 / before) * f) -> (before + (end - before) * f)
""")
schedule.add_variants("""
    step by step, in a list
        rates = []
        for shape, n_steps, end in phases:
            for k in range(1, n_steps + 1):
                f = k / n_steps
                if shape == "linear":
                    rate = (1 - f) * start + f * end
                elif shape == "cosine":
                    rate = end + (start - end) * np.cos(np.pi * f / 2) ** 2
                elif shape == "exponential":
                    rate = np.exp((1 - f) * np.log(start) + f * np.log(end))
                elif shape == "inverse":
                    rate = start * end / (end + (start - end) * f)
                elif shape == "jump":
                    rate = end
                else:
                    raise ValueError(shape)
                rates.append(rate)
            start = end
        return rates
    with a function for each shape
        ways = {
            "linear": lambda a, b, f: a + (b - a) * f,
            "cosine": lambda a, b, f: a + (b - a) * (1 - np.cos(np.pi * f)) / 2,
            "exponential": lambda a, b, f: a ** (1 - f) * b**f,
            "inverse": lambda a, b, f: 1 / ((1 - f) / a + f / b),
            "jump": lambda a, b, f: 0 * f + b,
        }
        ends = [start] + [end for *_, end in phases]
        parts = [
            ways[shape](ends[i], end, np.linspace(0, 1, n_steps + 1)[1:])
            for i, (shape, n_steps, end) in enumerate(phases)
        ]
        return np.concatenate([np.zeros(0), *parts])
    from the share of the way that is behind, in float32
        rates, a = np.zeros(sum(n for _, n, _ in phases), dtype=np.float32), start
        at = 0
        for shape, n, b in phases:
            f = np.arange(1, n + 1) / n
            if shape in ("exponential", "inverse"):
                to, back = (np.log, np.exp) if shape == "exponential" else (np.reciprocal, np.reciprocal)
                rates[at : at + n] = back(to(float(a)) + f * (to(float(b)) - to(float(a))))
            else:
                share = {"linear": f, "cosine": np.sin(np.pi * f / 2) ** 2, "jump": np.ones(n)}[shape]
                rates[at : at + n] = a + share * (b - a)
            at, a = at + n, b
        return rates
    one phase after the other, by calling itself
        if not phases:
            return np.zeros(0)
        (shape, n_steps, end), *others = phases
        f = np.arange(1, n_steps + 1) / n_steps
        if shape == "jump":
            f = np.ones(n_steps)
        if shape == "cosine":
            f = (1 - np.cos(np.pi * f)) / 2
        if shape == "exponential":
            part = start * (end / start) ** f
        elif shape == "inverse":
            part = (start**-1.0 + f * (end**-1.0 - start**-1.0)) ** -1
        else:
            part = start + f * (end - start)
        return np.append(part, schedule(end, others))
""")


@judge(
    reference.plan_rates,
    points=3,
    returns=("rates",),
    score=quantities.noise_lowered,
    # A constant rate earns nothing; a cosine from a usual rate a part.
    credit={0.15: 0.25, 0.35: 0.5, 0.48: 0.75, 0.56: 1.0},
)
def plan_rates(rng):
    def problem(curvatures, n_steps, far):
        # Of any scale; `far` is the variance at the start beside that of the noise.
        scale, sigma = 10 ** rng.uniform(-2, 2), rng.uniform(0.3, 3.0)
        return {
            "curvatures": rng.permutation(scale * curvatures),
            "sigma": sigma,
            "variance": far * (sigma / scale) ** 2,
            "n_steps": n_steps,
        }

    def spread(n, least, most):
        return np.geomspace(1 / rng.uniform(least, most), 1, n)

    yield Call("twenty curvatures", **problem(spread(20, 60, 120), int(rng.integers(35, 50)), rng.uniform(100, 200)))
    yield Call("badly conditioned", **problem(spread(25, 200, 300), int(rng.integers(50, 80)), rng.uniform(100, 300)))
    yield Call("a far start", **problem(spread(15, 60, 120), int(rng.integers(40, 60)), rng.uniform(500, 900)))
    yield Call("fewer steps", **problem(spread(20, 40, 80), int(rng.integers(24, 32)), rng.uniform(60, 120)))


plan_rates.add_mistakes("""
    all rates are 1 over the largest curvature: in the end they keep the loss on their floor
        rates = np.full(n_steps, 0.5 / np.max(curvatures)) -> return np.full(n_steps, 1 / np.max(curvatures))
    this is one rate for all steps, the best of those: first it could be larger, and in the end smaller
        high = np.max(curvatures)
        tried = np.geomspace(0.01, 2, 60) / high
        v = np.full((60, len(curvatures)), variance)
        for _ in range(n_steps):
            v = (1 - np.multiply.outer(tried, curvatures)) ** 2 * v + (tried * sigma)[:, None] ** 2
        return np.full(n_steps, tried[np.argmin(v @ curvatures)])
    these are the best rates for the steepest direction alone: the flat ones hardly move
        return best_rates(np.max(curvatures), sigma, variance, n_steps)
    these are the best rates for the flattest direction alone: the steep ones diverge
        return best_rates(np.min(curvatures), sigma, variance, n_steps)
    these are the best rates for a mean curvature: the directions have different ones
        return best_rates(np.mean(curvatures), sigma, variance, n_steps)
    or
        return best_rates(np.exp(np.mean(np.log(curvatures))), sigma, variance, n_steps)
    each rate is the best for the loss after its own step: what the steep directions gain, later steps would
    have given them as well
        v, rates = np.full(len(curvatures), variance), []
        for _ in range(n_steps):
            noise = np.sum(curvatures * (curvatures**2 * v + sigma**2))
            rates.append(np.sum(curvatures**2 * v) / noise)
            v = (1 - rates[-1] * curvatures) ** 2 * v + (rates[-1] * sigma) ** 2
        return np.array(rates)
    this is half a cosine from 1 over the largest curvature: try other shapes, and begin higher
        return schedule(1 / np.max(curvatures), [("cosine", n_steps, 0.0)])
    this falls like an exponential to a hundredth: it spends too many steps on small rates
        return schedule(1 / np.max(curvatures), [("exponential", n_steps, 0.01 / np.max(curvatures))])
    this falls like 1 / t: it spends too many steps on small rates
        return schedule(1 / np.max(curvatures), [("inverse", n_steps, 0.05 / np.max(curvatures))])
    or
        return 1 / np.max(curvatures) / np.arange(1, n_steps + 1)
    this is a constant rate with one cut: let it fall little by little
        return np.where(np.arange(n_steps) < n_steps / 2, 1.0, 0.1) / np.max(curvatures)
    this rises: it is in the end that the noise must be made small
        high = np.max(curvatures)
        return np.linspace(0, 2, n_steps + 1)[1:] / high
    these are the rates of descent without noise: noise is what this is about
        low, high = np.min(curvatures), np.max(curvatures)
        return 2 / (high + low + (high - low) * np.cos(np.pi * (np.arange(n_steps) + 0.5) / n_steps))
""")
plan_rates.add_variants("""
    more sweeps, from another beginning
        rates = schedule(1 / np.max(curvatures), [("cosine", n_steps, 0.0)])
        for _ in range(150):
            left = np.ones((n_steps, len(curvatures)))
            for t in range(n_steps - 1, 0, -1):
                left[t - 1] = left[t] * (1 - rates[t] * curvatures) ** 2
            v = np.full(len(curvatures), float(variance))
            for t in range(n_steps):
                w = curvatures * left[t]
                rates[t] = np.sum(w * curvatures * v) / np.sum(w * (curvatures**2 * v + sigma**2))
                v = (1 - rates[t] * curvatures) ** 2 * v + (rates[t] * sigma) ** 2
        return rates
    a line that is bent, the best of many
        high, best, least = np.max(curvatures), None, np.inf
        way = 1 - np.arange(n_steps) / n_steps
        for top in np.linspace(0.6, 3.0, 25):
            for power in np.linspace(0.7, 2.2, 16):
                rates, v = top / high * way**power, np.full(len(curvatures), variance)
                for rate in rates:
                    v = (1 - rate * curvatures) ** 2 * v + (rate * sigma) ** 2
                if v @ curvatures < least:
                    best, least = rates, v @ curvatures
        return best
    by the gradient with respect to the logarithms of the rates
        logs = np.log(schedule(1.5 / np.max(curvatures), [("linear", n_steps, 0.05 / np.max(curvatures))]))
        size = 0.1
        for _ in range(400):
            rates = np.exp(logs)
            vs = [np.full(len(curvatures), float(variance))]
            for rate in rates:
                vs.append((1 - rate * curvatures) ** 2 * vs[-1] + (rate * sigma) ** 2)
            back, grad = curvatures / 2, np.zeros(n_steps)
            for t in range(n_steps - 1, -1, -1):
                slope = -2 * curvatures * (1 - rates[t] * curvatures) * vs[t] + 2 * rates[t] * sigma**2
                grad[t] = np.sum(back * slope) * rates[t]
                back = back * (1 - rates[t] * curvatures) ** 2
            logs = logs - size * grad / np.abs(grad).max()
            size *= 0.99
        return np.exp(logs)
    the reference's, a little shorter
        return 0.98 * plan_rates(curvatures, sigma, variance, n_steps)
""")


def _plateau(rng, length):
    """Losses that fall, stay, fall a little and stay again."""
    level, losses = rng.uniform(2.0, 3.0), []
    while len(losses) < length:
        level *= rng.uniform(0.6, 0.8)
        stay = int(rng.integers(3, 8))
        losses += [level, *(level * rng.uniform(1.01, 1.2, size=stay))]
    return [float(loss) for loss in losses[:length]]


def _run(rng):
    """Losses with all that the rule looks at: steps, creeping improvements, a drop, a plateau to the floor."""
    level = rng.uniform(0.3, 0.6)
    losses = list(level * np.cumprod(rng.uniform(0.75, 0.85, rng.integers(2, 5))))
    # Each falls by less than the threshold, several together by more.
    losses += list(losses[-1] * np.cumprod(rng.uniform(0.985, 0.995, rng.integers(9, 13))))
    losses.append(0.8 * losses[-1])
    losses += list(losses[-1] * rng.uniform(0.975, 1.1, rng.integers(22, 28)))
    lr, factor = rng.uniform(0.3, 0.9), rng.uniform(0.3, 0.6)
    return {
        "losses": [float(loss) for loss in losses],
        "lr": lr,
        "factor": factor,
        "patience": int(rng.integers(1, 3)),
        "threshold": 0.03,
        "cooldown": int(rng.integers(2, 4)),
        "min_lr": 1.2 * lr * factor**3,
    }


@judge(
    reference.reduce_on_plateau,
    points=2,
    returns=("rates",),
    repair="each loss is compared with the one before it: compare with the best so far",
)
def reduce_on_plateau(rng):
    def rates():
        return {"lr": rng.uniform(0.3, 1.0), "factor": rng.uniform(0.3, 0.7)}

    falling = [float(x) for x in 2.0 * rng.uniform(0.85, 0.95) ** np.arange(12)]
    level = rng.uniform(0.5, 1.0)
    yield Call("a loss that keeps falling: no cut", losses=falling, **rates(), patience=2)
    yield Call("a loss that never falls", losses=[level] * int(rng.integers(11, 15)), **rates(), patience=2)
    losses = [level, level * 1.1, level * 0.5, level * 0.6, level * 0.4]
    yield Call("patience 0", losses=losses, **rates(), patience=0)
    yield Call("falls and plateaus", losses=_plateau(rng, 40), **rates(), patience=3)
    # Losses far below 1, so that an absolute threshold shows: it would never see an improvement.
    slow = [float(x) for x in 0.2 * level * 0.995 ** np.arange(16)]
    yield Call("improvements smaller than the threshold", losses=slow, **rates(), patience=3, threshold=0.03)
    losses = _plateau(rng, 12) + [level * 3] * 14
    yield Call("a pause after each cut", losses=losses, **rates(), patience=1, cooldown=3)
    floor = rates()
    floor["min_lr"] = floor["lr"] * floor["factor"] ** rng.uniform(1.3, 1.7)
    yield Call("a floor", losses=[level] * 20, **floor, patience=1)
    large = [100 * loss for loss in slow]
    yield Call("the same losses, a hundred times as large", losses=large, **rates(), patience=3, threshold=0.03)
    # Cut after the third epoch; the best loss comes while the rate cools down, and is not reached again.
    cooled = [level] * 3 + [0.5 * level] + [0.7 * level] * 12
    yield Call("a new best while cooling down", losses=cooled, **rates(), patience=1, cooldown=3)
    ties = [level] * int(rng.integers(9, 13))
    yield Call("threshold 0: a tie is no improvement", losses=ties, **rates(), patience=2, threshold=0.0)
    # Falls by less than the default threshold, then by a little more, then no more.
    small = [level * step for step in (1.0, 1 - 8e-5, 1 - 1.5e-4) for _ in range(9)]
    losses = small + [small[-1]] * 40
    yield Call("all else at its default", losses=losses, lr=rng.uniform(0.3, 1.0))
    # Most of the weight: in these nearly every part of the rule is needed.
    for label in ("all parts of the rule together", "all parts together, another run"):
        yield Call(label, 4, **_run(rng))


reduce_on_plateau.add_mistakes("""
    each loss is compared with the one before it: compare with the best so far
        bad += 1 -> best, bad = loss, bad + 1
    the cut comes one epoch early: patience is the number of bad epochs that are borne, so cut when
    the count is larger (Keras cuts when it is equal)
        bad > patience -> bad >= max(patience, 1)
    the count does not start again after a cut, so every further epoch cuts again
        lr, bad, cooling = -> lr, _, cooling =
    the threshold is ignored: a loss counts as better below `best * (1 - threshold)`
        best * (1 - threshold) -> best
    the threshold is subtracted: it is relative, a loss counts as better below `best * (1 -
    threshold)`
        best * (1 - threshold) -> best - threshold
    the cooldown is ignored: after a cut, `cooldown` epochs count none as bad
        0, cooldown -> 0, 0
    the floor is ignored: the rate never falls below `min_lr`
        max(lr * factor, min_lr) -> lr * factor
    the rate after each epoch is returned: return the rate with which the epoch was trained, the
    first one is `lr`
        losses = [*losses, np.inf]
        rates = reduce_on_plateau(losses, lr, factor, patience, threshold, cooldown, min_lr)
        return rates[1:]
    only the last rate is returned: return the rate of every epoch
        np.array(rates) -> np.array(rates)[-1]
    the cut comes one epoch early: cut when the count is larger than patience, `bad > patience`, not
    when it reaches it
        bad > patience -> bad >= patience
    the best moves with every loss that is a little lower: it is replaced only by one below `best *
    (1 - threshold)`
        bad += 1 -> best, bad = min(best, loss), bad + 1
    the best is forgotten at each cut: it is the best of all epochs so far
        0, cooldown -> 0, cooldown; best = np.inf
    or
        0, cooldown -> 0, cooldown; best = loss
    a new best is overlooked while the rate cools down: a loss that is low enough is a new best in every epoch
        best, bad = loss, 0 -> best, bad = best if cooling else loss, 0
    a loss that only equals `best * (1 - threshold)` counts as better here: it must be below
        loss < best -> loss <= best
    every bad epoch cuts: `patience` of them in a row are borne first
        bad > patience -> bad > 0
    or
        rates, best, cooling = [], np.inf, 0
        for loss in losses:
            rates.append(lr)
            if loss < best * (1 - threshold):
                best = loss
            elif cooling > 0:
                cooling -= 1
            else:
                lr, cooling = max(lr * factor, min_lr), cooldown
        return np.array(rates)
    an improvement does not set the count of bad epochs back to 0
        best, bad = loss, 0 -> best = loss
    the threshold is added: a loss counts as better below `best * (1 - threshold)`
        (1 - threshold) -> (1 + threshold)
    the rate rises: a cut multiplies it by `factor`
        lr * factor -> lr / factor
    `factor` is taken for what is cut away: a cut multiplies the rate by it
        lr * factor -> lr * (1 - factor)
    the smaller of the rate and `min_lr` is taken: `min_lr` is the least, so take the larger
        max(lr -> min(lr
    the cooldown lasts one epoch too long
        0, cooldown -> 0, cooldown and cooldown + 1
    or
        0, cooldown -> 0, cooldown + 1
    the cooldown ends one epoch too early
        0, cooldown -> 0, max(cooldown - 1, 0)
    the best is the largest loss so far, not the smallest
        loss < best * (1 - threshold) -> best == np.inf or loss > best * (1 - threshold)
    the cut comes one epoch late: cut when the count is larger than patience
        bad > patience -> bad > patience + 1
    an improvement cuts the rate: bad epochs do
        best, bad = loss, 0 -> best, bad = loss, bad + 1
        bad += 1 -> bad = 0
    one rate is returned for all epochs, the last: return that of each epoch
        np.array(rates) -> np.array([lr] * len(losses))
    a cut that would lead below `min_lr` is left out: it leads to `min_lr`
        max(lr * factor, min_lr) -> lr * factor if lr * factor >= min_lr else lr
    the first epoch counts as bad: it is good, whatever its loss
        best, bad, cooling = [], np.inf, 0, 0 -> best, bad, cooling = [], losses[0], 0, 0
    each cut is made in the first rate: it multiplies the rate that is left
        rates, best, bad, cooling = [], np.inf, 0, 0 -> rates, best, bad, cooling, first = [], np.inf, 0, 0, lr
        max(lr * factor -> max(first * factor
""")
reduce_on_plateau.add_variants("""
    a list, with the epoch of the last cut or best in place of a count
        rates, best, since, cold_until = [], float("inf"), -1, -1
        for epoch, loss in enumerate(losses):
            rates.append(lr)
            if loss < best * (1 - threshold):
                best, since = loss, epoch
            if epoch <= cold_until:
                since = epoch
            if epoch - since > patience:
                lr, since, cold_until = max(lr * factor, min_lr), epoch, epoch + cooldown
        return rates
    in float32, filling an array
        rates = np.full(len(losses), lr, dtype=np.float32)
        best, bad, wait = losses[0] * 10, 0, 0
        for epoch, loss in enumerate(losses):
            better = loss < best - threshold * best
            best = loss if better else best
            bad = 0 if better or wait else bad + 1
            wait = max(wait - 1, 0)
            if bad > patience:
                rates[epoch + 1 :] = max(rates[epoch] * factor, min_lr)
                bad, wait = 0, cooldown
        return rates
    one epoch after the other, with the state in a dict
        state = {"lr": lr, "best": float("inf"), "bad": 0, "rest": 0}
        def epoch(loss):
            before = state["lr"]
            better = loss < (1 - threshold) * state["best"]
            state["best"] = loss if better else state["best"]
            state["bad"] = 0 if better or state["rest"] else state["bad"] + 1
            state["rest"] -= state["rest"] > 0
            if state["bad"] > patience:
                state.update(lr=max(before * factor, min_lr), bad=0, rest=cooldown)
            return before
        return tuple(epoch(loss) for loss in losses)
    the cuts first, then the rates
        cuts, best, since, pause = [], np.inf, 0, 0
        for number, loss in enumerate(losses):
            improved = loss < best - best * threshold if best < np.inf else True
            since = 0 if improved else since + 1
            best = loss if improved else best
            if pause:
                pause, since = pause - 1, 0
            if since > patience:
                cuts.append(number)
                since, pause = 0, cooldown
        made = np.searchsorted(cuts, np.arange(len(losses)), side="left")
        return np.where(made > 0, np.maximum(lr * factor**made, min_lr), lr)
""")


@judge(reference.clip_by_global_norm, points=2, returns=("grads", "norm"), rtol=1e-5)
def clip_by_global_norm(rng):
    def grads(*shapes):
        return [rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.5, 2.0, size=shape) for shape in shapes]

    # Shorter than max_norm, and the square of the length is not.
    for label, shapes in (("", ((3,), (2, 2))), (", four arrays", ((2, 3), (3,), (3, 2), (2,)))):
        short = [grad + np.sign(grad) for grad in grads(*shapes)]
        longer = rng.uniform(1.5, 2.5) * np.sqrt(sum(np.sum(grad**2) for grad in short))
        yield Call(f"short enough{label}", 2, grads=short, max_norm=longer)
    yield Call("too long", grads=grads((3, 4), (4,)), max_norm=rng.uniform(0.5, 2.0))
    yield Call("one array, too long", 0.5, grads=grads((6,)), max_norm=rng.uniform(0.5, 1.0))
    many = grads((2, 3), (3,), (3, 2), (2,))
    yield Call("four arrays, much too long", 0.5, grads=[20 * grad for grad in many], max_norm=rng.uniform(0.5, 2.0))
    # Together too long, and none of them alone.
    arrays = grads((4,), (4,), (2, 2))
    longest = max(np.sqrt(np.sum(grad**2)) for grad in arrays)
    yield Call("together too long, each short enough", 1.5, grads=arrays, max_norm=longest * rng.uniform(1.05, 1.2))
    large = grads((5,), (2, 2))
    large[1] *= 30
    yield Call("one array is far longer than the other", grads=large, max_norm=rng.uniform(4.0, 6.0))
    yield Call("all zero", 0.5, grads=[np.zeros(3), np.zeros((2, 2))], max_norm=rng.uniform(0.5, 2.0))


clip_by_global_norm.add_mistakes("""
    each array is shortened by a length of its own: then the direction changes; take one length for all
        norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
        norms = [np.sqrt(np.sum(grad**2)) for grad in grads]
        return [g * min(1.0, max_norm / max(n, 1e-12)) for g, n in zip(grads, norms)], norm
    every entry is cut to max_norm: then the direction changes; multiply all by one number
        [grad * scale for grad in grads] -> [np.clip(grad, -max_norm, max_norm) for grad in grads]
    a short gradient is made longer: it stays as it is
        1.0 if norm <= max_norm else max_norm / norm -> max_norm / norm if norm else 1.0
    or
        1.0 if norm <= max_norm else max_norm / norm -> max_norm / norm
    short gradients are changed and long ones stay: the other way round
        norm <= max_norm -> norm > max_norm
    or
        1.0 if norm <= max_norm else max_norm / norm -> max(1.0, max_norm / max(norm, 1e-12))
    the root is missing: this norm is the squared length
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> sum(np.sum(grad**2) for grad in grads)
    the square of the length divides: a gradient that is too long is multiplied by max_norm / norm
        max_norm / norm -> max_norm / norm**2
    or
        1.0 if norm <= max_norm else max_norm / norm -> min(1.0, max_norm / max(norm**2, 1e-12))
    the scale is squared: a gradient that is too long is multiplied by max_norm / norm
        max_norm / norm -> (max_norm / norm) ** 2
    max_norm is squared in the scale: it is max_norm / norm
        max_norm / norm -> max_norm**2 / norm
    the lengths of the arrays are added: the squares of all entries are
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> sum(np.sqrt(np.sum(grad**2)) for grad in grads)
    the length is that of the longest array: all arrays together make the gradient
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> max(np.sqrt(np.sum(grad**2)) for grad in grads)
    the largest entry was taken for the length
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> max(np.max(np.abs(grad)) for grad in grads)
    the absolute values are added: the length is the root of the sum of the squares
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> sum(np.sum(np.abs(grad)) for grad in grads)
    the length is divided by the root of the number of entries: that is the root mean square
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> np.sqrt(np.mean(np.concatenate([g.ravel() for g in grads]) ** 2))
    the length after shortening is returned: return the one before it
        grads], norm -> grads], min(norm, max_norm)
    the scale is returned: return the length before shortening
        grads], norm -> grads], scale
    the scale is upside down: a gradient that is too long is multiplied by max_norm / norm
        max_norm / norm -> norm / max_norm
    the gradient that is too long gets the length 1: it gets max_norm
        max_norm / norm -> 1 / norm
    the gradient is divided by its length, and not multiplied by max_norm
        1.0 if norm <= max_norm else max_norm / norm -> 1 / max(norm, 1e-12)
    a gradient that is too long is thrown away: it is shortened
        max_norm / norm -> 0.0
    the length must be returned, too: `return grads, norm`
        return [grad * min(1.0, max_norm / max(np.sqrt(sum(np.sum(g**2) for g in grads)), 1e-12)) for grad in grads]
    the results are in the other order: the gradients first
        norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
        return norm, [grad * min(1.0, max_norm / max(norm, 1e-12)) for grad in grads]
    all zero: this divides 0 by 0
        1.0 if norm <= max_norm else max_norm / norm -> np.minimum(1.0, np.float64(max_norm) / norm) + 0 * (norm / norm)
    the arrays are joined to one: they keep their shapes
        norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
        return np.concatenate([g.ravel() for g in grads]) * min(1.0, max_norm / max(norm, 1e-12)), norm
    nothing is shortened: a gradient longer than max_norm is multiplied by max_norm / norm
        1.0 if norm <= max_norm else max_norm / norm -> 1.0
    max_norm is subtracted from the length: multiply by max_norm / norm
        max_norm / norm -> 1 - max_norm / norm
    the root of the scale was taken: multiply by max_norm / norm
        max_norm / norm -> np.sqrt(max_norm / norm)
    the length of a matrix is its largest singular value here, as `np.linalg.norm(grad, 2)` has it: the squares of
    all entries are added
        norm = np.sqrt(sum(np.linalg.norm(grad, 2) ** 2 for grad in grads))
        scale = 1.0 if norm <= max_norm else max_norm / norm
        return [grad * scale for grad in grads], norm
    the length is that of the last array: all arrays together make the gradient
        np.sqrt(sum(np.sum(grad**2) for grad in grads)) -> np.sqrt(np.sum(grads[-1] ** 2))
""")
clip_by_global_norm.add_variants("""
    as PyTorch does it, with a small number in the divisor
        norm = np.linalg.norm([np.linalg.norm(grad) for grad in grads])
        scale = min(1.0, max_norm / (norm + 1e-6))
        return [scale * grad for grad in grads], norm
    as one long vector
        flat = np.concatenate([np.ravel(grad) for grad in grads])
        norm = np.linalg.norm(flat)
        if norm > max_norm:
            flat = flat / norm * max_norm
        ends = np.cumsum([grad.size for grad in grads])
        return [part.reshape(g.shape) for part, g in zip(np.split(flat, ends[:-1]), grads)], norm
    divided by what it is too long
        norm = sum(float((grad * grad).sum()) for grad in grads) ** 0.5
        too_long = max(1.0, norm / max_norm)
        return tuple(grad / too_long for grad in grads), norm
    in float32
        grads = [np.float32(grad) for grad in grads]
        norm = np.sqrt(sum((grad**2).sum() for grad in grads))
        return [grad if norm <= max_norm else grad * np.float32(max_norm / norm) for grad in grads], norm
""")


@judge(reference.accumulated_gradient, points=1, returns=("grad",))
def accumulated_gradient(rng):
    def parts(*sizes):
        return {"grads": rng.normal(size=(len(sizes), 4)), "sizes": np.array(sizes)}

    yield Call("parts of one size", 0.5, **parts(*[int(rng.integers(2, 9))] * 3))
    yield Call("the last part is short", **parts(8, 8, 8, int(rng.integers(1, 4))))
    yield Call("all parts differ", **parts(*rng.permutation([2, 5, 9, 14, 23]).tolist()))
    yield Call("two parts", **parts(*rng.permutation([3, int(rng.integers(20, 40))]).tolist()))
    yield Call("one part", 0.5, **parts(int(rng.integers(2, 9))))


accumulated_gradient.add_mistakes("""
    the gradients of all parts count the same: each counts by its number of examples
        return np.mean(grads, axis=0)
    the gradients are added: this is as many times too long as there are parts
        return np.sum(grads, axis=0)
    the sum is not divided by the number of examples
        return sizes @ grads
    the sum is divided by the number of parts: it is weighted with examples, so divide by their number
        return sizes @ grads / len(sizes)
    the gradients are added unweighted, and divided by the number of examples
        return np.sum(grads, axis=0) / np.sum(sizes)
    each gradient is divided by its number of examples: it is that of a mean already, so multiply
        return np.sum(grads / sizes[:, None], axis=0)
    or
        return np.mean(grads / sizes[:, None], axis=0)
    the sizes are taken as those of the largest part: divide by the number of all examples
        return sizes @ grads / np.max(sizes)
    or
        return sizes @ grads / (len(sizes) * np.max(sizes))
    the roots of the sizes weigh here: the sizes do
        return np.sqrt(sizes) @ grads / np.sum(np.sqrt(sizes))
    the squares of the sizes weigh here: the sizes do
        return sizes**2 @ grads / np.sum(sizes**2)
    only the last part is there
        return grads[-1]
    the mean over all entries was taken: one entry for each parameter
        return np.mean(sizes @ grads / np.sum(sizes))
    the weighted gradients of the parts are there, not their sum
        return sizes[:, None] * grads / np.sum(sizes)
    this is the running mean of two: every part counts as much as all before it
        grad = grads[0]
        for other in grads[1:]:
            grad = (grad + other) / 2
        return grad
    the weighted gradients are averaged over the parts, and divided by the number of examples besides: take
    their sum
        return np.mean(sizes[:, None] * grads, axis=0) / np.sum(sizes)
    the shares of the parts are cut to whole numbers, 0: divide with `/`, and keep them as floats
        return sizes // np.sum(sizes) @ grads
""")
accumulated_gradient.add_variants("""
    part by part
        grad, n = np.zeros(grads.shape[1]), sizes.sum()
        for part, size in zip(grads, sizes):
            grad = grad + part * size / n
        return grad
    with NumPy's average
        return np.average(grads, axis=0, weights=sizes)
    the mean of what has been seen, brought up to date
        grad, seen = grads[0], sizes[0]
        for part, size in zip(grads[1:], sizes[1:]):
            seen = seen + size
            grad = grad + (part - grad) * size / seen
        return grad
    each example's copy
        return np.mean(np.repeat(grads, sizes, axis=0), axis=0)
""")


@judge(reference.weight_averages, points=2, returns=("averages",))
def weight_averages(rng):
    for label, n, d, beta in (
        ("two points", 2, 3, rng.uniform(0.5, 0.8)),
        ("some points", 6, 2, rng.uniform(0.6, 0.9)),
        ("many points", 40, 2, rng.uniform(0.8, 0.95)),
        ("a short memory", 9, 4, rng.uniform(0.1, 0.4)),
    ):
        yield Call(label, points=rng.normal(size=(n, d)) + 3, beta=beta)
    yield Call("beta = 0: nothing is remembered", 0.5, points=rng.normal(size=(4, 3)) + 3, beta=0.0)


weight_averages.add_mistakes("""
    the weights do not add up to 1 at the beginning: an average that starts at 0 must be corrected
        average / (1 - beta ** (t + 1)) -> average
    the average starts at the first point, which then counts for more than its age allows
        averages, average = np.empty_like(points), points[0]
        for t, point in enumerate(points):
            average = beta * average + (1 - beta) * point
            averages[t] = average
        return averages
    the average starts at the first point, and is corrected as if it had started at 0
        np.zeros(points.shape[1]) -> points[0]
    all points count the same: older ones count for less
        return np.cumsum(points, axis=0) / np.arange(1, len(points) + 1)[:, None]
    the weights have changed places: `beta` belongs to the old average
        beta * average + (1 - beta) * point -> (1 - beta) * average + beta * point
    or
        beta * average + (1 - beta) * point -> (1 - beta) * average + beta * point
        average / (1 - beta ** (t + 1)) -> average / (1 - (1 - beta) ** (t + 1))
    the correction is carried into the next average: it is for this row alone
        averages[t] = average / (1 - beta ** (t + 1)) -> average = average / (1 - beta ** (t + 1)); averages[t] = average
    the power is one too small: row t has t + 1 points
        beta ** (t + 1) -> beta ** max(t, 0.5)
    or
        beta ** (t + 1) -> beta**t
    the power is one too large: row t has t + 1 points
        beta ** (t + 1) -> beta ** (t + 2)
    the correction lacks its power: 1 - beta to the power of the number of points
        beta ** (t + 1) -> beta
    the correction multiplies: divide by it
        average / (1 - beta ** (t + 1)) -> average * (1 - beta ** (t + 1))
    the points are summed, not averaged: the new one counts 1 - beta
        (1 - beta) * point -> point
    only the last average is returned: one row for each step
        return averages -> return averages[-1]
    row t lacks the newest point
        averages, average = np.empty_like(points), np.zeros(points.shape[1])
        for t, point in enumerate(points):
            averages[t] = average / (1 - beta**t) if t else point
            average = beta * average + (1 - beta) * point
        return averages
    the oldest point counts most: the newest does
        return weight_averages(points[::-1], beta)[::-1]
    or
        ages = np.arange(len(points))
        return np.array([np.average(points[: t + 1], axis=0, weights=beta ** ages[: t + 1]) if beta else points[0] for t in ages])
    the average runs over the entries of a point: over the points, entry by entry
        return weight_averages(points.T, beta).T
    the newest point is left out of the sum, and half of each is taken
        beta * average + (1 - beta) * point -> (average + point) / 2
    all rows are one array, which every step changes: append a copy
        average, rows = np.zeros(points.shape[1]), []
        for point in points:
            average *= beta
            average += (1 - beta) * point
            rows.append(average)
        return np.array([row / (1 - beta ** (t + 1)) for t, row in enumerate(rows)])
    the whole bracket is raised to the power: only `beta` is
        (1 - beta ** (t + 1)) -> (1 - beta) ** (t + 1)
    `beta` is multiplied by the number of points in the correction: it is raised to that power
        beta ** (t + 1) -> beta * (t + 1)
""")
weight_averages.add_variants("""
    by weights, row by row
        rows = []
        for t in range(len(points)):
            weights = beta ** np.arange(t, -1, -1.0)
            rows.append(weights @ points[: t + 1] / weights.sum())
        return rows
    with a matrix of weights
        ages = np.subtract.outer(np.arange(len(points)), np.arange(len(points)))
        weights = np.where(ages >= 0, float(beta) ** np.maximum(ages, 0), 0.0)
        return weights @ points / weights.sum(axis=1, keepdims=True)
    sums of the points and of their weights
        averages, total, weight = [], 0.0, 0.0
        for point in points:
            total, weight = beta * total + point, beta * weight + 1
            averages.append(total / weight)
        return np.array(averages)
    the first point as it is, then a share that falls to 1 - beta
        average, averages = points[0], [points[0]]
        for t, point in enumerate(points[1:], start=2):
            average = average + (1 - beta) / (1 - beta**t) * (point - average)
            averages.append(average)
        return np.array(averages)
""")

which_optimizer = Written(
    "which-optimizer",
    points=4,
    rubric="""\
- 1 point: curve A (falls, then bounces without end) is named as a learning rate too large for the end of training, not as a local minimum.
- 1 point: a remedy that fits: a schedule that lowers the rate, with a reason (the noise floor is proportional to the rate).
- 1 point: curve B (falls slowly in a straight line on a log scale) is read as ill-conditioning or a rate too small; momentum or an adaptive method, with the rate that theory predicts.
- 1 point: an experiment that would tell the two explanations apart (change one thing, say what each explanation predicts).""",
)
