// A learning rate drawn by hand, and what SGD under noise makes of it, along one direction of curvature 1.
(() => {
  "use strict";
  const [STEPS, START] = [400, 10];
  // Of the k-th of n steps, f = k / n, from one rate to another.
  const SHAPES = {
    jump: (f, a, b) => b,
    inverse: (f, a, b) => 1 / (1 / a + (1 / b - 1 / a) * f),
    exponential: (f, a, b) => a * (b / a) ** f,
    cosine: (f, a, b) => b + ((a - b) * (1 + Math.cos(Math.PI * f))) / 2,
    linear: (f, a, b) => a + (b - a) * f,
  };

  /** The rate of every step of a plan in phases [shape, steps, end]. */
  function schedule(start, phases) {
    const rates = [];
    let before = start;
    for (const [shape, n, end] of phases) {
      for (let k = 1; k <= n; k++) rates.push(SHAPES[shape](k / n, before, end));
      before = end;
    }
    return rates;
  }

  /** A rise to `top`, a level stretch, and from step `begin` on a fall to `last`. */
  const plan = (shape, top, warmup, begin, last) => schedule(warmup ? 0 : top,
    [["linear", warmup, top], ["jump", begin - warmup, top], [shape, STEPS - begin, last]]);

  /** The mean loss before the first step and after each, over all runs: half of the variance. */
  function expected(rates) {
    const variances = [START ** 2];
    for (const lr of rates) variances.push((1 - lr) ** 2 * variances.at(-1) + lr ** 2);
    return variances.map((v) => v / 2);
  }

  /** The mean loss of some runs; draws[i] is the noise of all gradients of run i. */
  function simulated(rates, draws) {
    const thetas = draws.map(() => START), loss = () => thetas.reduce((sum, x) => sum + x * x, 0) / thetas.length / 2;
    return [loss(), ...rates.map((lr, t) => {
      draws.forEach((noise, i) => { thetas[i] -= lr * (thetas[i] + noise[t]); });
      return loss();
    })];
  }

  /** The loss at which a constant rate comes to rest. */
  const floor = (lr) => lr / (2 - lr) / 2;

  // [shape, top, warmup, begin, last] of each button.
  const PRESETS = {
    constant: ["jump", 0.3, 0, 400, 0.03],
    cosine: ["cosine", 0.3, 0, 0, 0.001],
    "cut at the end": ["jump", 0.3, 0, 320, 0.03],
    "warm-up, cosine": ["cosine", 0.3, 40, 40, 0.001],
    "warm-up, stable, decay": ["linear", 0.3, 40, 320, 0.001],
  };

  if (typeof module !== "undefined") {
    module.exports = { schedule, plan, expected, simulated, floor, preset: (name) => plan(...PRESETS[name]) };
    return;
  }

  const { number, axes, line, handle, label, generator, normals, define } = Gradus;
  const CALLED = { step: "jump", "1/t": "inverse", exponential: "exponential", cosine: "cosine", "straight line": "linear" };
  const LAST = [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1];
  const random = generator(1), draws = Array.from({ length: 20 }, () => normals(random, STEPS));

  function draw({ shape, top, warmup, begin, low }, width) {
    const rates = plan(CALLED[shape], top, warmup, begin, LAST[low]), mean = simulated(rates, draws), all = expected(rates);
    const left = 56, wide = width - left - 14, tall = Math.max(150, Math.round(width * 0.33)), x = { from: 0, to: STEPS };
    const above = axes([left, 12, wide, tall], x, { from: 0, to: 1, label: "learning rate" });
    const below = axes([left, tall + 44, wide, tall], { ...x, label: "step" },
      { from: -4, to: 2, label: "loss", log: true, ticks: [-4, -3, -2, -1, 0, 1, 2] });
    const steps = rates.flatMap((lr, t) => [[t, lr], [t + 1, lr]]);
    const logs = (values, begins = 0) => values.map((v, t) => [t + begins, Math.log10(v)]);
    const still = rates.map(floor), end = (values) => [STEPS, Math.log10(values.at(-1))];
    const late = begin > STEPS / 2, falls = begin < STEPS;
    const handles = handle(above, [warmup, top], "warmup") + handle(above, [begin, top], "begin") +
      label(above, [begin, top], "decay begins", "gradus-ink", late ? [0, -12] : [12, -8], late ? "end" : "start") +
      (falls ? handle(above, [STEPS, LAST[low]], "low") +
        label(above, [STEPS, LAST[low]], "ends at", "gradus-ink", [-2, -12], "end") : "");
    const row = (style, name, values) => [style, name, number(values.at(-1 - STEPS + 100)), number(values.at(-1))];
    return {
      height: 2 * tall + 84,
      svg: above.frame + above.inside(line(above, steps, "gradus-1")) + handles + below.frame +
        below.inside(line(below, logs(still, 1), "gradus-dotted") + line(below, logs(mean), "gradus-0") +
          line(below, logs(all), "gradus-ink")) +
        label(below, end(mean), "20 runs", "gradus-0", [-4, -16], "end") +
        label(below, [240, Math.log10(still[239])], "floor of the rate", "gradus-ink", [0, 20], "middle"),
      alt: `Above, the learning rate of ${STEPS} steps, with handles for the end of the warm-up, the beginning of the ` +
        "decay and its end. Below, on a log axis, the mean loss of twenty runs, what is expected of it, and, dotted, " +
        "the floor on which each rate would come to rest.",
      status: `${warmup ? `Warm-up of ${warmup} steps to` : "Rate"} ${number(top)}${!falls ? ", constant"
        : shape === "step" ? `, cut to ${number(LAST[low])} at step ${begin}`
          : `, from step ${begin} on down to ${number(LAST[low])} (${shape})`}. The loss ends at ` +
        `${number(mean.at(-1))}, ${number(all.at(-1))} are expected; the rate ${number(top)} alone stays at ${number(floor(top))}.`,
      caption: "The loss, and what is expected of the plans of the buttons",
      head: ["plan", "after 100 steps", `after ${STEPS}`],
      rows: [row("gradus-0", "this one, 20 runs", mean), row("gradus-ink", "expected", all),
        row("gradus-dotted", "floor of its rate", still),
        ...Object.entries(PRESETS).map(([name, settings]) => row("", name, expected(plan(...settings))))],
      drag: {
        warmup(px, py, set) { set("top", above.fromY(py)); set("warmup", above.fromX(px)); },
        begin(px, py, set) { set("begin", above.fromX(px)); },
        low(px, py, set) {
          const wanted = above.fromY(py), apart = LAST.map((lr) => Math.abs(lr - wanted));
          set("low", apart.indexOf(Math.min(...apart)));
        },
      },
    };
  }

  /** The warm-up ends before the decay begins, and the decay below the top. */
  function react({ top, warmup, begin, low }, name, set) {
    if (warmup > begin) set(...(name === "warmup" ? ["begin", warmup] : ["warmup", begin]));
    if (LAST[low] > top) {
      if (name === "low") set("top", LAST[low]);
      else set("low", LAST.findLastIndex((lr) => lr <= top));
    }
  }

  const shapes = Object.keys(CALLED);
  const preset = ([shape, top, warmup, begin, last]) =>
    ({ shape: shapes.find((name) => CALLED[name] === shape), top, warmup, begin, low: LAST.indexOf(last) });
  define("schedules", {
    title: "A schedule, and the loss of SGD under noise, with controls",
    draw, react,
    controls: [
      { label: "Plans", presets: Object.fromEntries(Object.entries(PRESETS).map(([name, p]) => [name, preset(p)])) },
      { name: "shape", label: "Decay", options: shapes },
      { name: "top", label: "Largest rate", min: 0.01, max: 1, step: 0.01, value: 0.3 },
      { name: "warmup", label: "Steps of warm-up", min: 0, max: 200, step: 5, value: 0 },
      { name: "begin", label: "Decay begins at", min: 0, max: STEPS, step: 5, value: 60 },
      { name: "low", label: "Ends at the rate", min: 0, max: LAST.length - 1, step: 1, value: 6, text: (at) => number(LAST[at]) },
    ],
  });
})();
