// Two weights: where the loss and a price on their size come to rest.
(() => {
  "use strict";
  const dot2 = ([a, b], [c, d]) => a * c + b * d;
  const times = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];

  /** The Hessian of a loss of curvature 1 across a valley and `low` along it; the floor is turned by some degrees. */
  function hessian(degrees, low) {
    const angle = (degrees * Math.PI) / 180, c = Math.cos(angle), s = Math.sin(angle), across = (low - 1) * c * s;
    return [[low * c * c + s * s, across], [across, low * s * s + c * c]];
  }

  /** The loss at w, whose least-squares solution is `best`. */
  function loss(h, best, w) {
    const off = [w[0] - best[0], w[1] - best[1]];
    return dot2(off, times(h, off)) / 2;
  }

  const price = ([a, b], l1, l2) => l1 * (Math.abs(a) + Math.abs(b)) + (l2 / 2) * (a * a + b * b);

  /** The weights of the lowest loss and price. For each choice of signs the sum is smooth: its minimum, where it has those signs. */
  function solve(h, best, l1, l2) {
    const pull = times(h, best), [[a, b], [, d]] = h;
    let [found, lowest] = [[0, 0], Infinity];
    for (const s of [-1, 0, 1]) for (const t of [-1, 0, 1]) {
      const [p, q] = [pull[0] - l1 * s, pull[1] - l1 * t], det = (a + l2) * (d + l2) - b * b;
      const w = s && t ? [((d + l2) * p - b * q) / det, ((a + l2) * q - b * p) / det]
        : [s ? p / (a + l2) : 0, t ? q / (d + l2) : 0];
      if (!(w[0] * s >= 0 && w[1] * t >= 0)) continue;
      const sum = loss(h, best, w) + price(w, l1, l2);
      if (sum < lowest) [found, lowest] = [w, sum];
    }
    return found;
  }

  if (typeof module !== "undefined") {
    module.exports = { hessian, loss, solve };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const LEVELS = Array.from({ length: 61 }, (_, i) => 10 ** (i / 20 - 2)); // 0.01 to 10
  const KINDS = { L1: [1, 0], L2: [0, 1], "half of each": [0.5, 0.5] };
  const STYLES = { L1: "gradus-0", L2: "gradus-1", "half of each": "gradus-2" };

  function draw({ kind, level, x, y, degrees, low }, width) {
    const h = hessian(degrees, low), best = [x, y], lam = LEVELS[level], style = STYLES[kind];
    const shares = (name, strength) => KINDS[name].map((share) => share * strength);
    const at = (name, strength) => solve(h, best, ...shares(name, strength));
    const left = 50, wide = width - left - 14, across = { from: -3, to: 3, label: "first weight" }, up = { from: -1, to: 2.2, label: "second weight" };
    const tall = Math.round((wide * 3.2) / 6), flat = Math.max(110, Math.round(wide * 0.2));
    const plot = axes([left, 8, wide, tall], across, up);
    const below = axes([left, tall + 54, wide, flat], { from: -2, to: 1, label: "strength of the penalty", log: true, ticks: [-2, -1, 0, 1] },
      { from: -2, to: 3, label: "weight", ticks: [-2, 0, 2] });
    const w = at(kind, lam), paths = Object.fromEntries(Object.keys(KINDS).map((name) => [name, LEVELS.map((strength) => at(name, strength))]));
    // All weights that cost as much as these: along each direction the price rises with the distance.
    const ball = Array.from({ length: 181 }, (_, i) => {
      const way = [Math.cos((i * Math.PI) / 90), Math.sin((i * Math.PI) / 90)], wanted = price(w, ...KINDS[kind]);
      const [slope, bend] = [price(way, KINDS[kind][0], 0), 2 * price(way, 0, KINDS[kind][1])];
      const far = bend ? (Math.sqrt(slope ** 2 + 2 * bend * wanted) - slope) / bend : wanted / slope;
      return way.map((c) => far * c);
    });
    const touching = loss(h, best, w), ring = Array.from({ length: 361 }, (_, i) => {
      const way = [Math.cos((i * Math.PI) / 180), Math.sin((i * Math.PI) / 180)];
      const far = Math.min(50, Math.sqrt((2 * touching) / Math.max(dot2(way, times(h, way)), 1e-12)));
      return way.map((c, k) => best[k] + far * c);
    });
    const curves = [0, 1].map((k) => paths[kind].map((point, i) => [Math.log10(LEVELS[i]), point[k]]));
    const zeros = w.filter((each) => each === 0).length, shown = (each) => (each === 0 ? "exactly 0" : number(each));
    const upper = curves[0][6][1] >= curves[1][6][1] ? 0 : 1;
    return {
      height: tall + flat + 96,
      svg: plot.frame + plot.inside(contours(plot, (a, b) => loss(h, best, [a, b]), across, up, 9) + line(plot, [[-3, 0], [3, 0]], "gradus-dotted") +
        line(plot, [[0, -1], [0, 2.2]], "gradus-dotted") + line(plot, ball, style) + line(plot, ring, "gradus-ink") +
        line(plot, [best, ...paths[kind]], `gradus-faint ${style}`) + dot(plot, w, style, 6)) +
        label(plot, w, `by ${kind}`, style, [w[0] > 1.5 ? -10 : 10, 18], w[0] > 1.5 ? "end" : "start") +
        handle(plot, best, "best") + label(plot, best, "least squares", "gradus-ink", [0, -13], "middle") +
        below.frame + below.inside(line(below, [[-2, 0], [1, 0]], "gradus-dotted") + curves.map((points) => line(below, points, style)).join("")) +
        ["first", "second"].map((name, k) => label(below, curves[k][6], name, style, [0, k === upper ? -6 : 15])).join("") +
        handle(below, [Math.log10(lam), w[0]], "level", style),
      alt: "Level lines of a loss of two weights, and among them the one that touches all weights that cost as much as the solution with the " +
        `penalty ${kind}: a ${{ L1: "diamond", L2: "circle", "half of each": "rounded diamond" }[kind]}. A line leads from least squares to zero as the ` +
        "penalty grows. Below, both weights against its strength.",
      status: `With ${kind} of strength ${number(lam)} the weights ${number(x)} and ${number(y)} become ${shown(w[0])} and ${shown(w[1])}` +
        `${["; both are at work.", ": one is out of use.", ": nothing is left."][zeros]} Their loss is ${number(touching)} above the lowest.`,
      caption: `The weights at strength ${number(lam)}`,
      head: ["penalty", "first", "second", "loss"],
      rows: Object.keys(KINDS).map((name) => {
        const point = at(name, lam);
        return [STYLES[name], name, ...point.map((each) => number(each)), number(loss(h, best, point))];
      }),
      drag: {
        best(px, py, set) { set("x", plot.fromX(px)); set("y", plot.fromY(py)); },
        level(px, py, set) { set("level", 20 * (below.fromX(px) + 2)); },
      },
    };
  }

  const base = { kind: "L1", level: 36, x: 0.4, y: 1.8, degrees: 140, low: 0.5 };
  const one = { kind: "L1", level: 10, x: 1.2, y: 0.6, degrees: 117, low: 0 };
  define("penalties", {
    title: "Two weights and a price on them, with controls",
    draw,
    controls: [
      { label: "Cases", presets: {
        "one example: L1": one, "one example: L2": { ...one, kind: "L2" },
        "a corner": base, "no corner": { ...base, kind: "L2" }, "half of each": { ...base, kind: "half of each" } } },
      { name: "kind", label: "Penalty", options: Object.keys(KINDS) },
      { name: "level", label: "Strength", min: 0, max: 60, step: 1, value: 10, text: (i) => number(LEVELS[i]) },
      { name: "x", label: "Minimum, first", min: -2.5, max: 2.5, step: 0.1, value: 1.2 },
      { name: "y", label: "Minimum, second", min: -0.8, max: 2, step: 0.1, value: 0.6 },
      { name: "degrees", label: "Valley turned by", min: 0, max: 180, step: 1, value: 117 },
      { name: "low", label: "Curvature along it", min: 0, max: 1, step: 0.05, value: 0 },
    ],
  });
})();
