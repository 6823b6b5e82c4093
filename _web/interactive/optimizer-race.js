// Six optimizers on three landscapes; each may have a learning rate of its own.
(() => {
  "use strict";
  const LANDSCAPES = {
    "the long valley": {
      value: ([x, y]) => 0.5 * (0.1 * x * x + 2 * y * y),
      gradient: ([x, y]) => [0.1 * x, 2 * y],
      start: [-7, 2], x: [-8, 6], y: [-2.6, 2.6], level: 0.01,
    },
    "a saddle": {
      value: ([x, y]) => 0.5 * (x * x - y * y),
      gradient: ([x, y]) => [x, -y],
      start: [-2, 1e-3], x: [-2.3, 2.3], y: [-1.2, 1.2], level: -1,
    },
    Rosenbrock: {
      value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
      start: [-1.2, 1], x: [-1.8, 1.8], y: [-0.9, 1.9], level: 0.01,
    },
  };
  const over = (move, v) => [move / (Math.sqrt(v) + 1e-8), [v]];
  // One coordinate: (gradient, state of two numbers, lr, mu, t) -> [the move, state].
  const STEPS = {
    "gradient descent": (g, state, lr) => [lr * g, state],
    momentum: (g, [v], lr, mu) => [lr * (mu * v + g), [mu * v + g]],
    nesterov: (g, [v], lr, mu) => [lr * (g + mu * (mu * v + g)), [mu * v + g]],
    adagrad: (g, [s], lr) => over(lr * g, s + g * g),
    rmsprop: (g, [v], lr) => over(lr * g, 0.9 * v + (1 - 0.9) * (g * g)),
    adam(g, [m, v], lr, mu, t) {
      m = 0.9 * m + (1 - 0.9) * g;
      v = 0.999 * v + (1 - 0.999) * (g * g);
      return [over(lr * (m / (1 - 0.9 ** t)), v / (1 - 0.999 ** t))[0], [m, v]];
    },
  };

  const isFar = (point) => !point.every((x) => Math.abs(x) < 1e6);

  /** The points that a method visits; they end where a coordinate is beyond a million. */
  function run(landscape, method, lr, mu, steps, start = LANDSCAPES[landscape].start) {
    const { gradient } = LANDSCAPES[landscape];
    const points = [start];
    let state = [[0, 0], [0, 0]];
    for (let t = 1; t <= steps; t++) {
      const theta = points.at(-1), g = gradient(theta);
      const moved = theta.map((_, i) => STEPS[method](g[i], state[i], lr, mu, t));
      points.push(moved.map(([move], i) => theta[i] - move));
      state = moved.map(([, kept]) => kept);
      if (isFar(points.at(-1))) break;
    }
    return points;
  }

  /** The step from which on all values stay below the level; Infinity if there is none. */
  function settlingStep(values, level) {
    const first = values.findLastIndex((value) => !(value < level)) + 1;
    return first < values.length ? first : Infinity;
  }

  /** Where names can stand beside their paths, of pixels, in the box [left, top, right, bottom]: [x, y, anchor] of
      each, or undefined where there is no room that no path and no other name needs. */
  function placed(paths, names, [left, top, right, bottom]) {
    const taken = [], all = paths.flat();
    return paths.map((path, i) => {
      const others = paths.flatMap((other, j) => (j === i ? [] : other)), long = 7 * names[i].length;
      const room = path.map(([x, y]) => [Math.min(...others.map(([a, b]) => Math.hypot(x - a, y - b))), x, y]);
      for (const [far, x, y] of room.sort((one, other) => other[0] - one[0])) for (const under of [false, true]) for (const turned of [false, true]) {
        const from = turned ? x - long - 4 : x + 4, to = from + long, low = under ? y + 17 : y - 5, high = low - 12;
        const fits = far > 6 && from > left && to < right && high > top && low < bottom &&
          !all.some(([a, b]) => a > from - 3 && a < to + 3 && b > high - 3 && b < low + 3) &&
          !taken.some(([l, h, r, d]) => from < r && l < to && high < d && h < low);
        if (!fits) continue;
        taken.push([from, high, to, low]);
        return [turned ? to : from, low - 2, turned ? "end" : "start"];
      }
      return undefined;
    });
  }

  if (typeof module !== "undefined") {
    module.exports = { LANDSCAPES, run, settlingStep, placed };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const names = Object.keys(STEPS);
  const called = { nesterov: "Nesterov", adagrad: "AdaGrad", rmsprop: "RMSProp", adam: "Adam" };
  const title = (name) => called[name] || name;
  const equal = (rate) => Object.fromEntries(names.map((key) => [key, rate]));

  function draw({ landscape, mu, steps, rates = {}, rate, x: x0, y: y0 }, width) {
    const { value, x, y, level } = LANDSCAPES[landscape];
    const height = Math.round(width * 0.5) + 60;
    const [across, up] = [x, y].map(([from, to], i) => ({ from, to, label: "xy"[i] }));
    const plot = axes([50, 10, width - 60, height - 60], across, up);
    const lines = [contours(plot, (a, b) => value([a, b]), across, up)], rows = [], ended = [], lost = [], paths = [];
    for (const name of names) {
      const lr = 10 ** (rates[name] ?? rate), style = `gradus-${name.replace(" ", "-")}`;
      const points = run(landscape, name, lr, mu, steps, [x0, y0]), last = points.length - 1;
      const far = isFar(points[last]);
      const settled = settlingStep(points.map(value), level);
      // Far down a saddle is where a method should go: there is no minimum.
      const fails = far && !(landscape === "a saddle" && settled < Infinity);
      if (fails) lost.push(`${title(name)} after ${last} steps`);
      else if (settled < Infinity) ended.push([settled, title(name)]);
      lines.push(line(plot, points, style) + dot(plot, points[last], style));
      const end = far ? (fails ? "diverged" : "far below") : number(value(points[last]));
      const when = fails ? "never" : settled < Infinity ? settled : "not yet";
      rows.push([style, title(name), number(lr), end, when]);
      paths.push(points.filter((_, k) => k % Math.ceil(points.length / 100) === 0).map(([a, b]) => [plot.x(a), plot.y(b)]));
    }
    const labels = placed(paths, names.map(title), [54, 12, width - 10, height - 52]).map((at, i) =>
      at ? label(plot, [plot.fromX(at[0]), plot.fromY(at[1])], rows[i][1], rows[i][0], [0, 0], at[2]) : "");
    ended.sort((a, b) => a[0] - b[0]);
    const goal = level < 0 ? "f below −1" : "f below 0.01 for good";
    const best = ended.filter(([k]) => k === ended[0][0]).map(([, name]) => name).join(" and ");
    const status = ended.length
      ? `${best} first: ${goal} after ${ended[0][0]} steps; ${ended.length} of six are there.`
      : `After ${steps} steps none has ${goal}.`;
    return {
      height, rows, status: status + (lost.length ? ` Diverged: ${lost.join(", ")}.` : ""),
      svg: plot.frame + plot.inside(lines.join("")) + labels.join("") + handle(plot, [x0, y0], "start"),
      drag: { start(px, py, set) { set("x", plot.fromX(px)); set("y", plot.fromY(py)); } },
      alt: `Paths of six optimizers on ${landscape} over level lines; their ends are in the table.`,
      caption: `On ${landscape}, after ${steps} steps`,
      head: ["method", "rate", "f at the end", `${goal}, after`],
    };
  }

  /** The rate slider sets the rate of all, or of the one that is chosen; a landscape has a start of its own. */
  function react(settings, name, set) {
    const { rate, whose } = settings, one = names.find((key) => title(key) === whose);
    settings.rates ??= equal(rate);
    const { start, x, y } = LANDSCAPES[settings.landscape], [from, to] = { x, y }[name] || [];
    if (name === "landscape") ["x", "y"].forEach((key, i) => set(key, start[i]));
    if (to) set(name, Math.min(Math.max(settings[name], from), to)); // it stays in the picture
    if (name === "whose" && one) set("rate", settings.rates[one]);
    // A new object: that of a preset stays what it is.
    if (name === "rate") settings.rates = one ? { ...settings.rates, [one]: rate } : equal(rate);
  }

  /** On the valley, one method with a rate of its own, a power of ten. */
  const only = (name, rate, mu = 0.9) => ({
    landscape: "the long valley", whose: title(name), rate, mu, steps: 100,
    rates: { ...equal(-1), [name]: rate }, x: -7, y: 2,
  });

  define("optimizer-race", {
    title: "The race of six optimizers, with controls",
    draw, react,
    controls: [
      { label: "Examples", presets: {
        "zig-zags": only("gradient descent", -0.05), diverges: only("gradient descent", 0.05),
        "momentum 0.9": only("momentum", -0.4), "momentum 0.4": only("momentum", -0.4, 0.4),
      } },
      { name: "landscape", label: "Landscape", options: Object.keys(LANDSCAPES) },
      { name: "whose", label: "Learning rate of", options: ["all six", ...names.map(title)] },
      { name: "rate", label: "Learning rate", min: -4, max: 1, step: 0.05, value: -1, text: (v) => number(10 ** v) },
      { name: "mu", label: "Momentum", min: 0, max: 0.99, step: 0.01, value: 0.9 },
      { name: "steps", label: "Steps", min: 1, max: 500, step: 1, value: 100 },
      { name: "x", label: "Start, x", min: -8, max: 6, step: 0.05, value: -7 },
      { name: "y", label: "Start, y", min: -2.6, max: 2.6, step: 0.001, value: 2 },
    ],
  });
})();
