// Gradient boosting with stumps, round by round: the fit, what is left, and the error on new points.
(() => {
  "use strict";
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const target = (x) => x + 2 * Math.sin(1.5 * x);

  /** The start, and of each round the threshold and what is added up to it and above it
      (solutions/boosting.py, `gradient_boost`; here with running sums over sorted points). */
  function boost(x, y, rounds, rate) {
    const order = [...x.keys()].sort((i, j) => x[i] - x[j]), n = x.length, start = mean(y);
    const scores = y.map(() => start), thresholds = [], steps = [];
    for (let t = 0; t < rounds; t++) {
      const left = order.map((i) => y[i] - scores[i]), total = left.reduce((a, b) => a + b, 0);
      let [best, place, below] = [-Infinity, 0, 0], sum = 0;
      for (let k = 1; k < n; k++) {
        sum += left[k - 1];
        if (x[order[k]] === x[order[k - 1]]) continue;
        const gain = sum ** 2 / k + (total - sum) ** 2 / (n - k); // the rest of the squares is the same for all
        if (gain > best) [best, place, below] = [gain, k, sum];
      }
      const step = [(rate * below) / place, (rate * (total - below)) / (n - place)];
      thresholds.push((x[order[place - 1]] + x[order[place]]) / 2);
      steps.push(step);
      order.forEach((i, k) => { scores[i] += step[k < place ? 0 : 1]; });
    }
    return { start, thresholds, steps };
  }

  /** The predictions at some points, after the first `rounds` rounds. */
  const predict = ({ start, thresholds, steps }, x, rounds = thresholds.length) => x.map((at) => {
    let sum = start;
    for (let t = 0; t < rounds; t++) sum += steps[t][at > thresholds[t] ? 1 : 0];
    return sum;
  });

  /** The mean squared distance from some values before the first round and after each. */
  function errors({ start, thresholds, steps }, x, wanted) {
    const sums = x.map(() => start), all = [mean(wanted.map((v) => (v - start) ** 2))];
    thresholds.forEach((threshold, t) => {
      x.forEach((at, i) => { sums[i] += steps[t][at > threshold ? 1 : 0]; });
      all.push(mean(sums.map((v, i) => (v - wanted[i]) ** 2)));
    });
    return all;
  }

  if (typeof module !== "undefined") {
    module.exports = { boost, predict, errors };
    return;
  }

  const { number, axes, line, dot, handle, label, generator, normals, define } = Gradus;
  const [POINTS, ROUNDS] = [80, 1000], RATES = [0.1, 0.3, 1];
  const grid = Array.from({ length: 401 }, (_, i) => i / 40), truth = grid.map(target);
  let drawn = {};

  /** All rounds of all rates for one draw of the points; the rates are compared in every drawing. */
  function data(again) {
    if (drawn.again === again) return drawn;
    const random = generator(again + 1), x = Array.from({ length: POINTS }, () => 10 * random());
    const noise = normals(random, POINTS), y = x.map((at, i) => target(at) + noise[i]);
    const fits = RATES.map((rate) => boost(x, y, ROUNDS, rate));
    const off = fits.map((fit) => errors(fit, grid, truth)), left = fits.map((fit) => errors(fit, x, y));
    drawn = { again, x, y, fits, off, left };
    return drawn;
  }

  function draw({ power, which, again }, width) {
    const { x, y, fits, off, left } = data(again), t = Math.round(10 ** power), fit = fits[which], rate = RATES[which];
    const begin = 52, wide = width - begin - 14, tall = Math.max(120, Math.round(width * 0.24)), gap = tall + 22;
    const across = { from: 0, to: 10 };
    const above = axes([begin, 8, wide, tall], across, { from: -4, to: 15, label: "target" });
    const middle = axes([begin, 8 + gap, wide, tall], { ...across, label: "x" }, { from: -6, to: 6, label: "what is left" });
    const below = axes([begin, 46 + 2 * gap, wide, tall], { from: 0, to: 3, label: "rounds", log: true, ticks: [0, 1, 2, 3] },
      { from: -1.5, to: 1.5, label: "squared error", log: true, ticks: [-1, 0, 1] });
    const path = (plot, values, style) => line(plot, grid.map((at, i) => [at, values[i]]), style);
    const points = (plot, values) => x.map((at, i) => dot(plot, [at, values[i]], "gradus-5", 2.5)).join("");
    const now = predict(fit, x, t), rest = y.map((v, i) => v - now[i]), next = Math.min(t, ROUNDS - 1);
    const stump = grid.map((at) => fit.steps[next][at > fit.thresholds[next] ? 1 : 0] / rate);
    const curve = (values, style) => line(below, values.slice(1).map((v, i) => [Math.log10(i + 1), Math.log10(v)]), style);
    const best = off.map((values) => values.indexOf(Math.min(...values)));
    const here = [Math.log10(t), Math.log10(off[which][t])];
    return {
      height: 3 * tall + 122,
      svg: above.frame + above.inside(points(above, y) + path(above, truth, "gradus-dotted") + path(above, predict(fit, grid, t), "gradus-0")) +
        label(above, [0.2, 13.2], "prediction; dotted, the truth", "gradus-0", [0, 4]) +
        middle.frame + middle.inside(points(middle, rest) + path(middle, stump, "gradus-1")) +
        label(middle, [0.2, 5], "the next stump", "gradus-1", [0, 4]) +
        below.frame + below.inside(curve(left[which], "gradus-5") + curve(off[which], "gradus-0") +
          line(below, [[power, -2], [power, 2]], "gradus-dotted")) +
        label(below, [3, Math.log10(off[which][ROUNDS])], "from the truth", "gradus-0", [-4, -8], "end") +
        label(below, [3, Math.log10(left[which][ROUNDS])], "what is left", "gradus-5", [-4, 16], "end") + handle(below, here, "t", "gradus-0"),
      alt: `Above, ${POINTS} points, the truth and the prediction after ${t} rounds, a staircase. In the middle what is left of ` +
        "the points, and the stump that is fitted to it next. Below, both errors against the rounds, on log axes.",
      status: `After ${t} round${t > 1 ? "s" : ""} at rate ${rate}: the mean square left is ${number(left[which][t])}, that from the truth ` +
        `${number(off[which][t])}; ${t < best[which] ? "more rounds would still help" : t > best[which] ? "the best round has passed: it fits noise" : "this is the best round"}.`,
      caption: `The error from the truth, on this draw of ${POINTS} points`,
      head: ["rate", "best round", "error there", `after ${ROUNDS}`],
      rows: RATES.map((each, i) => [i === which ? "gradus-0" : "", String(each), String(best[i]),
        number(off[i][best[i]]), number(off[i][ROUNDS])]),
      drag: { t(px, py, set) { set("power", below.fromX(px)); } },
    };
  }

  define("boosting", {
    title: "Gradient boosting round by round, with controls",
    draw,
    controls: [
      { label: "Stages", presets: {
        "the first stump": { power: 0, which: 1 }, "a hundred rounds": { power: 2, which: 1 },
        "too many rounds": { power: 3, which: 1 }, "a hundred at rate 1": { power: 2, which: 2 } } },
      { name: "power", label: "Rounds", min: 0, max: 3, step: 0.05, value: 0, text: (v) => String(Math.round(10 ** v)) },
      { name: "which", label: "Rate", min: 0, max: RATES.length - 1, step: 1, value: 1, text: (at) => String(RATES[at]) },
      { name: "again", label: "Draw new points" },
    ],
  });
})();
