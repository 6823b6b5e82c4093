// BFGS step by step: where it is, and what it has learned of the curvature.
(() => {
  "use strict";
  const dot2 = ([a, b], [c, d]) => a * c + b * d;
  const times = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];
  const PROBLEMS = {
    "the tilted valley": {
      value: ([x, y]) => 0.5 * ((x * 1.05 + y * -0.95) * x + (x * -0.95 + y * 1.05) * y),
      gradient: ([x, y]) => [x * 1.05 + y * -0.95, x * -0.95 + y * 1.05],
      hessian: () => [[1.05, -0.95], [-0.95, 1.05]],
      start: [-9 / Math.sqrt(2), -5 / Math.sqrt(2)], minimum: [0, 0], x: [-8, 4], y: [-5.5, 3],
    },
    Rosenbrock: {
      value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
      hessian: ([x, y]) => [[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200]],
      start: [-1.2, 1], minimum: [1, 1], x: [-1.6, 1.6], y: [-0.4, 1.5],
    },
  };

  // The line search of the book's reference (solutions/newton.py, `_line_search`) for c1 = 1e-4,
  // c2 = 0.9: [alpha, value, gradient] of a strong Wolfe step, or of the best that was found.
  function lineSearch({ value: f, gradient }, theta, [value0, grad0], direction, alpha) {
    const slope0 = dot2(grad0, direction);
    let low = [0, value0, slope0], high = null, last = null, best = [0, value0, grad0];
    for (let trial = 0; trial < 30; trial++) {
      const point = theta.map((t, i) => t + alpha * direction[i]);
      const value = f(point), grad = gradient(point), slope = dot2(grad, direction), here = [alpha, value, slope];
      if (!(value <= value0 + 1e-4 * alpha * slope0 && (low[0] === 0 || value < low[1]))) {
        high = here;
        last = null;
      } else {
        best = [alpha, value, grad];
        if (Math.abs(slope) <= -0.9 * slope0) return best;
        last = low;
        if (high === null ? slope >= 0 : slope * (high[0] - alpha) >= 0) high = low;
        low = here;
      }
      if (high === null) alpha = outwards(last, low);
      else {
        alpha = inside(low, high);
        if (alpha === low[0] || alpha === high[0]) break;
      }
    }
    return best;
  }
  function inside(low, high) {
    const width = high[0] - low[0], guess = cubic(low, high);
    const [near, far] = [low[0] + 0.1 * width, low[0] + 0.9 * width].sort((a, b) => a - b);
    return Number.isFinite(guess) ? Math.min(Math.max(guess, near), far) : low[0] + 0.5 * width;
  }
  function outwards(last, low) {
    const width = low[0] - last[0], guess = cubic(last, low), farthest = low[0] + 4 * width;
    return guess > low[0] ? Math.min(Math.max(guess, low[0] + 1.1 * width), farthest) : farthest;
  }
  /** Where the cubic through two points [alpha, value, slope] has its minimum; NaN if it has none. */
  function cubic([x, fx, dx], [y, fy, dy]) {
    const theta = dx + dy - (3 * (fx - fy)) / (x - y), square = theta ** 2 - dx * dy;
    if (!(square >= 0 && Number.isFinite(square))) return NaN;
    const root = Math.sign(y - x) * Math.sqrt(square), bottom = dy - dx + 2 * root;
    return bottom ? y - ((y - x) * (dy + root - theta)) / bottom : NaN;
  }

  /** The BFGS update of M, the inverse Hessian, by a step and the change of the gradient. */
  function update(inverse, step, change) {
    const curvature = dot2(change, step);
    if (!(curvature > 0)) return inverse;
    const hy = times(inverse, change), scale = (1 + dot2(change, hy) / curvature) / curvature;
    return inverse.map((row, i) => row.map((m, j) =>
      m - (hy[i] / curvature) * step[j] - (hy[j] / curvature) * step[i] + scale * step[i] * step[j]));
  }

  /** The points of BFGS and its matrix after each step, until no entry of the gradient exceeds `tol`. */
  function bfgs(name, tol, maxIterations, start = PROBLEMS[name].start) {
    const problem = PROBLEMS[name], points = [start], matrices = [];
    let theta = start, value = problem.value(theta), grad = problem.gradient(theta), inverse = null;
    for (let k = 0; k < maxIterations && Math.max(...grad.map(Math.abs)) > tol; k++) {
      const direction = (inverse ? times(inverse, grad) : grad).map((d) => -d);
      const initial = inverse ? 1 : Math.min(1, 1 / Math.sqrt(dot2(grad, grad)));
      const [alpha, valueNew, gradNew] = lineSearch(problem, theta, [value, grad], direction, initial);
      if (!(valueNew < value)) break; // what is left is rounding
      const step = direction.map((d) => alpha * d), change = gradNew.map((g, i) => g - grad[i]);
      const first = dot2(change, step) / dot2(change, change);
      if (!inverse && first > 0) inverse = [[first, 0], [0, first]];
      if (inverse) inverse = update(inverse, step, change);
      theta = theta.map((t, i) => t + step[i]);
      [value, grad] = [valueNew, gradNew];
      points.push(theta);
      matrices.push(inverse);
    }
    return { points, matrices };
  }

  /** How far M is from the inverse of the Hessian: the spectral norm of M H - I. */
  function error(matrix, hessian) {
    const [a, b] = times(matrix, hessian[0]), [c, d] = times(matrix, hessian[1]); // H is symmetric
    const [p, q, r, s] = [a - 1, b, c, d - 1], sum = p * p + q * q + r * r + s * s, det = p * s - q * r;
    return Math.sqrt((sum + Math.sqrt(Math.max(sum * sum - 4 * det * det, 0))) / 2);
  }

  if (typeof module !== "undefined") {
    module.exports = { bfgs, update, error };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const identity = [[1, 0], [0, 1]];
  const inverted = ([[a, b], [c, d]]) => [[d, -b], [-c, a]].map((row) => row.map((v) => v / (a * d - b * c)));

  /** The ellipse v^T M^-1 v = 1 about a point: L u for u on the circle, with M = L L^T. */
  function ellipse(matrix, [x, y] = [0, 0], size = 1) {
    const a = Math.sqrt(matrix[0][0]), b = matrix[0][1] / a, c = Math.sqrt(matrix[1][1] - b * b);
    return Array.from({ length: 91 }, (_, i) => {
      const u = Math.cos((i * Math.PI) / 45), v = Math.sin((i * Math.PI) / 45);
      return [x + size * a * u, y + size * (b * u + c * v)];
    });
  }

  /** The name of a ring beside its left (-1) or right end, above or below it: where it hits less of the other ring. */
  function named(plot, ring, other, words, style, side) {
    const [x, y] = ring.reduce((a, b) => (side * b[0] > side * a[0] ? b : a));
    const hits = (dy) => (other || []).filter(([a, b]) => {
      const beside = side * (plot.x(a) - plot.x(x)), under = plot.y(b) - plot.y(y) - dy;
      return beside > 4 && beside < 14 + 7.5 * words.length && under > -14 && under < 6;
    }).length;
    return label(plot, [x, y], words, style, [10 * side, hits(-4) > hits(14) ? 14 : -4], side > 0 ? "start" : "end");
  }

  function draw({ name, x: startX, y: startY, step }, width) {
    const { value, gradient, hessian, x, y } = PROBLEMS[name], start = [startX, startY];
    const { points, matrices } = bfgs(name, 1e-5, 40, start), steps = points.length - 1, k = Math.min(step, steps);
    const here = points[k], matrix = k ? matrices[k - 1] : identity, truth = hessian(here);
    const definite = truth[0][0] > 0 && truth[0][0] * truth[1][1] > truth[0][1] ** 2;
    const axis = ([from, to], label) => ({ from, to, label });
    const wide = width - 62, tall = Math.round(width * 0.42);
    const above = axes([50, 10, wide, tall], axis(x, "x"), axis(y, "y"));
    const visited = points.slice(0, k + 1);
    const path = line(above, points, "gradus-thin") + line(above, visited, "gradus-1") + visited.map((p) => dot(above, p, "gradus-1", 3)).join("");
    // Below, both ellipses in one scale, the same across and up.
    const rings = [[ellipse(matrix), "gradus-0"]];
    if (definite) rings.unshift([ellipse(inverted(truth)), "gradus-broad"]);
    const reach = 1.1 * Math.max(...rings.flatMap(([ring]) => ring.flat().map(Math.abs)));
    const ratio = wide / tall;
    const below = axes([50, tall + 70, wide, tall], { from: -reach * ratio, to: reach * ratio, label: "step in x" },
      { from: -reach, to: reach, label: "step in y" });
    const far = error(matrix, truth), [learned, wanted] = [rings.at(-1)[0], definite && rings[0][0]];
    const under = above.y(startY) < 40 || (startY < (points[1] || start)[1] && above.y(startY) < tall - 20);
    const judged = definite ? `M H differs from I by ${number(far)}`
      : "the true Hessian here has a negative eigenvalue and no ellipse";
    return {
      height: 2 * tall + 112,
      svg: above.frame + above.inside(contours(above, (a, b) => value([a, b]), axis(x), axis(y)) + path) +
        label(above, start, "start", "gradus-ink", [0, under ? 23 : -13], above.x(startX) > width - 30 ? "end" : above.x(startX) < 70 ? "start" : "middle") + handle(above, start, "start") +
        below.frame + below.inside(rings.map(([ring, style]) => line(below, ring, style)).join("")) +
        named(below, learned, wanted, "M of BFGS", "gradus-0", -1) + (wanted ? named(below, wanted, learned, "true", "gradus-ink", 1) : ""),
      alt: `Above, the path of BFGS on ${name} up to step ${k}. Below, the ellipse of its matrix, in blue, ` +
        (definite ? "over the ellipse of the true Hessian at this point, broad and grey." : "alone."),
      status: `${k < step ? "Done. " : ""}After ${k} step${k === 1 ? "" : "s"} f is ${number(value(here))} and the ` +
        `largest entry of the gradient ${number(Math.max(...gradient(here).map(Math.abs)))}; ${judged}.` +
        (k ? "" : " Nothing is known yet: M is I."),
      caption: `${name}, after ${k} of ${steps} steps`,
      head: ["inverse Hessian", "x, x", "x, y", "y, y"],
      rows: [
        ["gradus-0", "M of BFGS", number(matrix[0][0]), number(matrix[0][1]), number(matrix[1][1])],
        ["gradus-broad", "true", ...[[0, 0], [0, 1], [1, 1]].map(([i, j]) => number(inverted(truth)[i][j]))],
      ],
      drag: { start(px, py, set) { set("x", above.fromX(px)); set("y", above.fromY(py)); } },
    };
  }

  /** Each landscape has its start, and none outside of its picture. */
  function react(settings, changed, set) {
    const problem = PROBLEMS[settings.name];
    ["x", "y"].forEach((key, i) => {
      const [from, to] = problem[key];
      set(key, changed === "name" ? problem.start[i] : Math.min(Math.max(settings[key], from), to));
    });
  }

  const from = (x, y, step, name = "the tilted valley") => ({ name, x, y, step });
  define("second-order", {
    title: "BFGS and the curvature it has learned, with controls",
    draw, react,
    controls: [
      { label: "Paths", presets: {
        "one step": from(-6.35, -3.55, 1), "nine steps": from(-6.35, -3.55, 9),
        "a chase": from(-1.2, 1, 11, "Rosenbrock"), "along the floor": from(-5, -5, 2) } },
      { name: "name", label: "Landscape", options: Object.keys(PROBLEMS) },
      { name: "x", label: "Start, x", min: -8, max: 4, step: 0.05, value: -6.35 },
      { name: "y", label: "Start, y", min: -5.5, max: 3, step: 0.05, value: -3.55 },
      { name: "step", label: "Steps", min: 0, max: 40, step: 1, value: 2 },
    ],
  });
})();
