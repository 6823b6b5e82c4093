// A valley that can be turned: one rate, one for each coordinate, and what a method makes of its gradients.
(() => {
  "use strict";
  const [STEPS, STEEP] = [60, 2];
  const times = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];

  /** The Hessian of a valley whose floor is turned by some degrees; kappa is the ratio of its curvatures. */
  function hessian(degrees, kappa) {
    const angle = (degrees * Math.PI) / 180, c = Math.cos(angle), s = Math.sin(angle), low = STEEP / kappa;
    const across = (low - STEEP) * c * s;
    return [[low * c * c + STEEP * s * s, across], [across, low * s * s + STEEP * c * c]];
  }

  const value = (h, theta) => (theta[0] * times(h, theta)[0] + theta[1] * times(h, theta)[1]) / 2;

  /** The best single rate, and the inverse of each coordinate's curvature. */
  const fixed = (h, kappa) => ({ one: Array(2).fill(2 / (STEEP + STEEP / kappa)), own: [1 / h[0][0], 1 / h[1][1]] });

  /** What a step with such rates leaves of the distance at worst, in the long run. */
  const worst = (h, kappa) => ({ one: (kappa - 1) / (kappa + 1), own: Math.abs(h[0][1]) / Math.sqrt(h[0][0] * h[1][1]) });

  // (memory, gradient, rate, t) -> what is averaged of gradients, what of squares, and the rate of the coordinate.
  const moments = ([m, v], g, lr, t, corrected) => {
    m = 0.9 * m + (1 - 0.9) * g;
    v = 0.999 * v + (1 - 0.999) * (g * g);
    const share = corrected ? (1 - 0.9 ** t) : 1, square = corrected ? v / (1 - 0.999 ** t) : v;
    return [[m, v], m / share, lr / (Math.sqrt(square) + 1e-8)];
  };
  const METHODS = {
    AdaGrad: ([, s], g, lr) => [[0, s + g * g], g, lr / (Math.sqrt(s + g * g) + 1e-8)],
    RMSProp([, v], g, lr) {
      v = 0.9 * v + (1 - 0.9) * (g * g);
      return [[0, v], g, lr / (Math.sqrt(v) + 1e-8)];
    },
    Adam: (memory, g, lr, t) => moments(memory, g, lr, t, true),
    "Adam, uncorrected": (memory, g, lr, t) => moments(memory, g, lr, t, false),
  };

  /** The points of a method from a start, and the rates of both coordinates at each step. */
  function adapt(h, method, start, lr, steps = STEPS) {
    const points = [start], rates = [];
    let memories = [[0, 0], [0, 0]];
    for (let t = 1; t <= steps; t++) {
      const theta = points.at(-1), g = times(h, theta), all = g.map((each, i) => METHODS[method](memories[i], each, lr, t));
      memories = all.map(([memory]) => memory);
      rates.push(all.map(([, , rate]) => rate));
      points.push(theta.map((x, i) => x - all[i][2] * all[i][1]));
    }
    return { points, rates };
  }

  /** The points of descent with rates that stay. */
  function descend(h, rates, start, steps = STEPS) {
    const points = [start];
    for (let t = 0; t < steps; t++) {
      const g = times(h, points.at(-1));
      points.push(points.at(-1).map((x, i) => x - rates[i] * g[i]));
    }
    return points;
  }

  if (typeof module !== "undefined") {
    module.exports = { hessian, value, fixed, worst, adapt, descend };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const STYLES = { AdaGrad: "gradus-adagrad", RMSProp: "gradus-rmsprop", Adam: "gradus-adam", "Adam, uncorrected": "gradus-adam" };
  const REACH = 2.4, RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

  function draw({ angle, kappa, along, beside, method, rate }, width) {
    const turn = (angle * Math.PI) / 180, floor = [Math.cos(turn), Math.sin(turn)];
    const start = [along * floor[0] - beside * floor[1], along * floor[1] + beside * floor[0]];
    const h = hessian(angle, kappa), lr = RATES[rate], { one, own } = fixed(h, kappa), slow = worst(h, kappa);
    const found = adapt(h, method, start, lr), style = STYLES[method];
    const wide = width - 66, tall = Math.round(wide * 0.45), low = Math.max(110, Math.round(wide * 0.2));
    const across = { from: -7, to: 7, label: "x" }, up = { from: -3.7, to: 3.7, label: "y" };
    const plot = axes([54, 8, wide, tall], across, up);
    const below = axes([54, tall + 52, wide, low], { from: 0, to: STEPS, label: "step" },
      { from: -2, to: 2, label: "rate", log: true, ticks: [-2, -1, 0, 1, 2] });
    const paths = [["gradus-gradient-descent", "one rate", descend(h, one, start)],
      ["gradus-ink", "one for each", descend(h, own, start)], [style, method, found.points]];
    // The name of a path stands beside one of its first points, away from the other names.
    const taken = [start, floor.map((c) => REACH * c)].map(([a, b]) => [plot.x(a) - 10, 20, plot.y(b)]), names = [];
    for (const [look, words, points] of paths) {
      const long = 7.5 * words.length;
      const places = points.slice(1, 25).flatMap((point, i) => {
        const middle = point.map((c, k) => (c + points[i][k]) / 2);
        return [point, middle].flatMap((at) => [-8, 16].map((dy) => [at, dy]));
      });
      const free = places.find(([at, dy]) => {
        const [left, high] = [plot.x(at[0]) - long / 2, plot.y(at[1]) + dy];
        return left > 58 && left + long < width - 12 && high > 20 && high < tall &&
          !taken.some(([l, w, v]) => left < l + w && l < left + long && Math.abs(v - high) < 15);
      });
      if (!free) continue;
      const [at, dy] = free;
      taken.push([plot.x(at[0]) - long / 2, long, plot.y(at[1]) + dy]);
      names.push(label(plot, at, words, look, [0, dy], "middle"));
    }
    const rates = [0, 1].map((i) => found.rates.map((pair, t) => [t + 1, Math.log10(pair[i])]));
    const wanted = own.map((rate) => [[0, Math.log10(rate)], [STEPS, Math.log10(rate)]]);
    const upper = rates[0][40][1] > rates[1][40][1] ? 0 : 1;
    const named = ["x", "y"].map((name, i) => label(below, rates[i][40], `for ${name}`, style, [0, i === upper ? -7 : 16]));
    const row = (look, name, points) => [look, name, ...[20, STEPS].map((t) => number(value(h, points[t])))];
    return {
      height: tall + low + 92,
      svg: plot.frame + plot.inside(contours(plot, (a, b) => value(h, [a, b]), across, up) +
        line(plot, [floor.map((c) => -9 * c), floor.map((c) => 9 * c)], "gradus-dotted") +
        paths.map(([look, , points]) => line(plot, points, look) + points.slice(1, 21).map((at) => dot(plot, at, look, 2)).join("")).join("")) +
        names.join("") + handle(plot, floor.map((c) => REACH * c), "turn") + handle(plot, start, "start") +
        below.frame + below.inside(wanted.map((points) => line(below, points, "gradus-dotted")).join("") +
          line(below, rates[0], style) + line(below, rates[1], style)) +
        label(below, [1, Math.max(wanted[0][0][1], wanted[1][0][1])], "dotted, 1 / curvature", "gradus-ink") + named.join(""),
      alt: `Above, a valley whose floor is turned by ${angle} degrees, and three paths of ${STEPS} steps: with one rate, with one ` +
        `for each coordinate, and by ${method}. Below, on a log axis, the rates of x and y by ${method} at each step; ` +
        "dotted, one over the curvature of each.",
      status: `Floor turned by ${angle}°: in a step the best single rate leaves ${number(slow.one)} of the distance at worst, a rate for each ` +
        `coordinate ${number(slow.own)}. ${method} begins with the rates ${number(found.rates[0][0])} for x and ` +
        `${number(found.rates[0][1])} for y, and ends with ${number(found.rates.at(-1)[0])} and ${number(found.rates.at(-1)[1])}.`,
      caption: `f, at first ${number(value(h, start))}; learning rate ${number(lr)}`,
      head: ["rates", "after 20 steps", `after ${STEPS}`],
      rows: paths.map((path) => row(...path)),
      drag: {
        turn(px, py, set) { set("angle", (Math.atan2(plot.fromY(py), plot.fromX(px)) * 180) / Math.PI); },
        start(px, py, set) {
          const [x, y] = [plot.fromX(px), plot.fromY(py)];
          set("along", x * floor[0] + y * floor[1]);
          set("beside", y * floor[0] - x * floor[1]);
        },
      },
    };
  }

  const at = (angle, method, rate, kappa = 20) => ({ angle, kappa, along: -4, beside: 1.2, method, rate: RATES.indexOf(rate) });
  define("own-rates", {
    title: "A valley to turn, and rates for its coordinates, with controls",
    draw,
    controls: [
      { label: "Valleys", presets: {
        "along the coordinates": at(0, "AdaGrad", 1), "turned a little": at(10, "AdaGrad", 1), "turned by 45 degrees": at(45, "AdaGrad", 1),
        "no rest": at(0, "RMSProp", 0.5), "too long": at(0, "Adam, uncorrected", 0.1) } },
      { name: "angle", label: "Turned by, degrees", min: 0, max: 45, step: 1, value: 0 },
      { name: "kappa", label: "Ratio of curvatures", min: 1, max: 100, step: 1, value: 20 },
      { name: "along", label: "Start, along", min: -4, max: 4, step: 0.1, value: -4 },
      { name: "beside", label: "Start, across", min: -1.2, max: 1.2, step: 0.1, value: 1.2 },
      { name: "method", label: "Method", options: Object.keys(METHODS) },
      { name: "rate", label: "Learning rate", min: 0, max: RATES.length - 1, step: 1, value: 6, text: (i) => number(RATES[i]) },
    ],
  });
})();
