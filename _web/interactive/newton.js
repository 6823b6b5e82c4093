// Four steps from one point: against the gradient, Newton's, damped, and within a radius.
(() => {
  "use strict";
  const dot2 = ([a, b], [c, d]) => a * c + b * d;
  const times = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];
  const plus = ([a, b], [c, d], factor = 1) => [a + factor * c, b + factor * d];
  const PROBLEMS = {
    "two wells": {
      value: ([x, y]) => (x * x - 1) ** 2 + 0.3 * x + (y * y) / 2,
      gradient: ([x, y]) => [4 * x * (x * x - 1) + 0.3, y],
      hessian: ([x]) => [[12 * x * x - 4, 0], [0, 1]],
      x: [-1.7, 1.7], y: [-0.9, 0.9], start: [0.3, 0.3],
    },
    Rosenbrock: {
      value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
      hessian: ([x, y]) => [[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200]],
      x: [-1.7, 1.7], y: [-0.9, 1.8], start: [-1, 1],
    },
  };

  /** The gradient, the Hessian and its eigenvalues at a point. */
  function known(name, point) {
    const gradient = PROBLEMS[name].gradient(point), hessian = PROBLEMS[name].hessian(point);
    const [[a, b], [, c]] = hessian, middle = (a + c) / 2, half = Math.hypot((a - c) / 2, b);
    return { value: PROBLEMS[name].value(point), gradient, hessian, eigenvalues: [middle - half, middle + half] };
  }

  /** What the quadratic model changes by after a step. */
  const model = ({ gradient, hessian }, d) => dot2(gradient, d) + dot2(d, times(hessian, d)) / 2;

  /** The step to where the damped model is stationary: Newton's without damping. */
  function damped({ gradient: [p, q], hessian: [[a, b], [, c]] }, damping) {
    const [left, right] = [a + damping, c + damping], det = left * right - b * b;
    return [(b * q - right * p) / det, (b * p - left * q) / det];
  }

  /** The lowest step of the first-order model within the radius. */
  const steepest = ({ gradient }, radius) => gradient.map((g) => (-radius * g) / Math.hypot(...gradient));

  /** The step of a trust region by conjugate gradients (solutions/newton.py, `trust_region_step`). */
  function region({ gradient, hessian }, radius, tol = 1e-6) {
    let step = [0, 0], r = gradient.map((g) => -g), d = r, rr = dot2(r, r);
    const enough = tol ** 2 * rr;
    while (rr > enough) {
      const hd = times(hessian, d), curvature = dot2(d, hd), alpha = rr / curvature;
      if (!(curvature > 0 && Math.hypot(...plus(step, d, alpha)) < radius)) {
        const along = dot2(step, d), dd = dot2(d, d), root = Math.sqrt(along ** 2 + dd * (radius ** 2 - dot2(step, step)));
        return plus(step, d, (root - along) / dd);
      }
      step = plus(step, d, alpha);
      r = plus(r, hd, -alpha);
      const before = rr;
      rr = dot2(r, r);
      d = plus(r, d, rr / before);
    }
    return step;
  }

  if (typeof module !== "undefined") {
    module.exports = { known, model, damped, steepest, region };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const DAMPING = [0, 0.1, 0.3, 1, 2, 3, 4, 8, 16, 30, 100, 300, 1000, 3000, 10000];

  function draw({ name, x, y, level, radius }, width) {
    const problem = PROBLEMS[name], here = [x, y], damping = DAMPING[level], at = known(name, here);
    const axis = ([from, to], label) => ({ from, to, label }), [across, up] = [axis(problem.x, "x"), axis(problem.y, "y")];
    const wide = width - 62, scale = wide / (across.to - across.from), tall = Math.round((up.to - up.from) * scale);
    const plot = axes([50, 10, wide, tall], across, up), [low] = at.eigenvalues, definite = low > 0;
    const steps = [["gradus-5", "gradient", steepest(at, radius)], ["gradus-ink", "Newton", damped(at, 0)],
      ["gradus-0", "damped", damped(at, damping)], ["gradus-2", "region", region(at, radius)]];
    const ring = Array.from({ length: 91 }, (_, i) => plus(here, [Math.cos((i * Math.PI) / 45), Math.sin((i * Math.PI) / 45)], radius));
    const all = Array.from({ length: 80 }, (_, i) => plus(here, damped(at, Math.max(-low, 0) + 10 ** (5 - i / 10))));
    // Of the circle that place can be dragged which is in the picture.
    const edge = [[1, 0], [-1, 0], [0, -1], [0, 1]].map((way) => plus(here, way, radius)).find(([a, b]) =>
      a >= across.from && a <= across.to && b >= up.from && b <= up.to);
    // A name stands at the end of its step, or where that leaves the picture, and below another.
    const taken = [], names = [], lines = [];
    for (const [style, words, step] of steps) {
      if (!step.every(Number.isFinite)) continue;
      const room = step.map((d, i) => (d ? ([problem.x, problem.y][i][d > 0 ? 1 : 0] - here[i]) / d : Infinity));
      const end = plus(here, step, Math.min(1, 0.96 * Math.min(...room)));
      const [px, py] = [plot.x(end[0]), plot.y(end[1])], long = 7.5 * words.length;
      const turned = px + 9 + long > width, from = turned ? px - 9 - long : px + 9;
      let dy = 4;
      while (taken.some(([l, w, y]) => l < from + long && from < l + w && Math.abs(y - py - dy) < 13)) dy += 14;
      taken.push([from, long, py + dy]);
      names.push(label(plot, end, words, style, [turned ? -9 : 9, dy], turned ? "end" : "start"));
      lines.push(line(plot, [here, plus(here, step)], style) + dot(plot, plus(here, step), style));
    }
    const found = steps.map(([, , step]) => [Math.hypot(...step), model(at, step), problem.value(plus(here, step)) - at.value]);
    const [, promised, fell] = found[3], ratio = fell / promised;
    const shown = (v) => (Number.isFinite(v) ? number(v) : "none");
    return {
      height: tall + 58,
      svg: plot.frame + plot.inside(contours(plot, (a, b) => problem.value([a, b]), across, up) +
        `<g class="gradus-model">${contours(plot, (a, b) => model(at, plus([a, b], here, -1)), across, up, 8)}</g>` +
        line(plot, ring, "gradus-dotted") + line(plot, all, "gradus-faint gradus-0") + lines.join("")) + names.join("") +
        (edge ? handle(plot, edge, "radius") : "") + handle(plot, here, "point"),
      alt: `Level lines of ${name} and, in another colour, of its quadratic model at a point; about the point a dotted ` +
        "circle, the radius, and from it four lines: against the gradient, Newton's step, the damped one, and that " +
        "of a trust region, within the circle. The table says what they change.",
      status: `The eigenvalues of H are ${at.eigenvalues.map((v) => number(v)).join(" and ")}: ` + (definite
        ? "the model is a bowl, and Newton's step leads to its lowest point." : `the model is no bowl, and only damping above ${number(-low)} leads downhill.`) +
        ` Within the radius f ${fell > 0 ? "rises where the model promised a fall: it is too large."
          : `falls by ${number(ratio)} of what the model promised${ratio < 0.25 ? ": it is too large" : ""}.`}`,
      caption: `From (${number(x)}, ${number(y)}), damping ${number(damping)}, radius ${number(radius)}: changes of the model and of f`,
      head: ["step", "length", "model", "f"],
      rows: steps.map(([style, words], i) => [style, words, ...found[i].map(shown)]),
      drag: {
        point(px, py, set) { set("x", plot.fromX(px)); set("y", plot.fromY(py)); },
        radius(px, py, set) { set("radius", Math.hypot(plot.fromX(px) - x, plot.fromY(py) - y)); },
      },
    };
  }

  function react(settings, name, set) {
    const { start, y: [, most] } = PROBLEMS[settings.name];
    if (name === "name") ["x", "y"].forEach((key, i) => set(key, start[i]));
    if (settings.y > most) set("y", most);
  }

  define("newton", {
    title: "Four steps from a point of your own, with controls",
    draw, react,
    controls: [
      { label: "Places", presets: {
        "far from the minimum: indefinite": { name: "two wells", x: 0.3, y: 0.3, level: 6, radius: 0.5 },
        "near a minimum": { name: "two wells", x: -1.2, y: 0.4, level: 3, radius: 0.7 },
        valley: { name: "Rosenbrock", x: -1, y: 1, level: 4, radius: 0.5 } } },
      { name: "name", label: "Landscape", options: Object.keys(PROBLEMS) },
      { name: "x", label: "x", min: -1.7, max: 1.7, step: 0.05, value: 0.3 },
      { name: "y", label: "y", min: -0.9, max: 1.8, step: 0.05, value: 0.3 },
      { name: "level", label: "Damping", min: 0, max: DAMPING.length - 1, step: 1, value: 6, text: (at) => number(DAMPING[at]) },
      { name: "radius", label: "Radius", min: 0.05, max: 2, step: 0.05, value: 0.5 },
    ],
  });
})();
