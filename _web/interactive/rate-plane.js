// How fast momentum is on a quadratic: the plane of learning rate and momentum, and one point of it.
(() => {
  "use strict";
  /** The factor of one step along an eigenvector: x is the rate times its curvature. */
  function factor(x, mu) {
    const sum = 1 + mu - x, under = sum * sum - 4 * mu;
    return under < 0 ? Math.sqrt(mu) : (Math.abs(sum) + Math.sqrt(under)) / 2;
  }

  /** The worst factor of a spectrum from 1 / kappa to 1; between its ends there is no worse one. */
  const worst = (rate, mu, kappa) => Math.max(factor(rate, mu), factor(rate / kappa, mu));

  /** The rate and the momentum with the least worst factor, and with a momentum of 0. */
  function best(kappa) {
    const root = Math.sqrt(kappa);
    return {
      rate: (2 / (1 + 1 / root)) ** 2, mu: ((root - 1) / (root + 1)) ** 2,
      plain: 2 / (1 + 1 / kappa),
    };
  }

  /** The error along an eigenvector after each step, from 1 and at rest. */
  function errors(x, mu, steps) {
    const found = [1];
    let v = 0;
    for (let t = 0; t < steps; t++) {
      v = mu * v + x * found.at(-1);
      found.push(found.at(-1) - v);
    }
    return found;
  }

  if (typeof module !== "undefined") {
    module.exports = { factor, worst, best, errors };
    return;
  }

  const { number, axes, line, dot, handle, label, contours, define } = Gradus;
  const STEPS = 60;
  const kind = (x, mu) => {
    if (factor(x, mu) > 1) return "diverges";
    const sum = 1 + mu - x;
    if (sum * sum < 4 * mu) return "swings";
    return sum < 0 ? "zig-zags" : "creeps";
  };

  function draw({ power, rate, mu }, width) {
    const kappa = 10 ** power, wide = width - 60, tall = Math.round(width * 0.34);
    const x = { from: 0, to: 4, label: "learning rate × largest curvature" }, y = { from: 0, to: 1, label: "momentum" };
    const plane = axes([50, 10, wide, tall], x, y);
    const floor = (a, b) => Math.min(worst(a, b, kappa), 1.3), top = best(kappa);
    const inside = contours(plane, floor, x, y) + line(plane, [[2, 0], [4, 1]], "gradus-ink") +
      dot(plane, [top.rate, top.mu], "gradus-2", 6) + dot(plane, [top.plain, 0], "gradus-5", 6);

    const below = axes([50, tall + 70, wide, tall], { from: 0, to: STEPS, label: "step" },
      { from: -8, to: 2, label: "error", log: true, ticks: [-8, -6, -4, -2, 0, 2] });
    const ends = [["gradus-0", "flattest", rate / kappa], ["gradus-4", "steepest", rate]];
    const curves = ends.map(([style, , product]) =>
      line(below, errors(product, mu, STEPS).map((e, t) => [t, Math.log10(Math.max(Math.abs(e), 1e-12))]), style));
    const found = worst(rate, mu, kappa);
    const named = (words, style, x) => label(below, [x, 1], words, style, [0, 0], "end"); // mostly above both lines
    const rows = ends.map(([style, name, product]) =>
      [style, name, number(product), number(factor(product, mu)), kind(product, mu)]);
    return {
      height: 2 * tall + 115,
      svg: plane.frame + plane.inside(inside) + label(plane, [4, 0.05], "diverges", "gradus-ink", [-4, 0], "end") +
        handle(plane, [rate, mu], "at", "gradus-1") + below.frame + below.inside(curves.join("")) +
        named("flattest", "gradus-0", 40) + named("steepest", "gradus-4", STEPS),
      alt: "Above, the worst factor per step over learning rate and momentum, the line beyond which it diverges, and " +
        "three dots: the best of gradient descent, of momentum, and the chosen one. Below, the error along the " +
        "flattest and the steepest direction.",
      status: found > 1 ? `The worst factor is ${number(found)}: it diverges.`
        : found === 1 ? "The worst factor is 1: the error stays."
          : `The worst factor is ${number(found)}: ${number(Math.log(10) / -Math.log(found))} steps for one more digit.`,
      caption: `Condition number ${number(kappa)}; at best ${number(worst(top.plain, 0, kappa))} without momentum ` +
        `and ${number(worst(top.rate, top.mu, kappa))} with it`,
      head: ["direction", "rate × curvature", "factor", "it"],
      rows,
      drag: { at(px, py, set) { set("rate", plane.fromX(px)); set("mu", plane.fromY(py)); } },
    };
  }

  function react(settings, name, set) {
    const top = best(10 ** settings.power);
    const to = { plain: [top.plain, 0], top: [top.rate, top.mu], usual: [top.plain, 0.9] }[name];
    if (to) ["rate", "mu"].forEach((key, i) => set(key, to[i]));
  }

  define("rate-plane", {
    title: "The plane of learning rate and momentum, with controls",
    draw, react,
    controls: [
      { name: "power", label: "Condition number", min: 0.3, max: 3, step: 0.001, value: 1.301, text: (v) => number(10 ** v) },
      { name: "rate", label: "Rate × largest curvature", min: 0, max: 4, step: 0.0001, value: 1.9 },
      { name: "mu", label: "Momentum", min: 0, max: 0.99, step: 0.0001, value: 0 },
      { name: "plain", label: "Gradient descent at its best" },
      { name: "top", label: "Momentum at its best" },
      { name: "usual", label: "Momentum 0.9 at that rate" },
    ],
  });
})();
