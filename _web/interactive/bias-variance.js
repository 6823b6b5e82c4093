// A fan of ridge fits to many data sets, and the three parts of their expected error.
(() => {
  "use strict";
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const mean = (values) => sum(values) / values.length;
  const dotted = (a, b) => a.reduce((total, x, i) => total + x * b[i], 0);

  const truth = (x) => x + 2 * Math.sin(1.5 * x);

  /** Legendre polynomials of inputs in [0, 10]: shape (n, degree + 1). */
  const features = (inputs, degree) => inputs.map((x) => {
    const u = (x - 5) / 5, row = [1, u];
    for (let k = 2; k <= degree; k++) row.push(((2 * k - 1) * u * row[k - 1] - (k - 1) * row[k - 2]) / k);
    return row.slice(0, degree + 1);
  });

  /** The matrix S, shape (m, n), that turns targets into predictions; the constant is not penalised. */
  function smootherMatrix(old, fresh, penalty) {
    const n = old.length, p = old[0].length, root = Math.sqrt(penalty);
    // Ridge is least squares with a row for each penalised weight: [old; root * I] = Q R, by
    // modified Gram-Schmidt, whose columns stay orthogonal enough in a basis as good as this.
    const q = [], r = [];
    for (let j = 0; j < p; j++) {
      let v = [...old.map((row) => row[j]), ...Array.from({ length: p - 1 }, (_, i) => (i + 1 === j ? root : 0))];
      r.push([]);
      for (let i = 0; i < j; i++) {
        r[j][i] = dotted(q[i], v);
        v = v.map((x, k) => x - r[j][i] * q[i][k]);
      }
      r[j][j] = Math.sqrt(dotted(v, v));
      q.push(v.map((x) => x / r[j][j]));
    }
    return fresh.map((row) => {
      const z = []; // z R = row
      for (let j = 0; j < p; j++) z.push((row[j] - sum(z.map((x, i) => x * r[j][i]))) / r[j][j]);
      return Array.from({ length: n }, (_, k) => sum(z.map((x, j) => x * q[j][k])));
    });
  }

  /** The exact squared bias and variance at each new input. */
  const exactDecomposition = (smoother, values, valuesNew, noise) => [
    smoother.map((row, i) => (dotted(row, values) - valuesNew[i]) ** 2),
    smoother.map((row) => noise ** 2 * dotted(row, row)),
  ];

  /** Predictions of the model fitted to each row of draws from the standard normal: shape (K, m). */
  function fan(smoother, values, noise, draws) {
    const targets = draws.map((row) => row.map((e, i) => values[i] + noise * e));
    return targets.map((y) => smoother.map((row) => dotted(row, y)));
  }

  /** Of a fan: the average model, its squared bias less the average's own variance, the variance. */
  function simulated(predictions, valuesNew) {
    const count = predictions.length, average = [], bias2 = [], variance = [];
    valuesNew.forEach((value, i) => {
      average.push(mean(predictions.map((row) => row[i])));
      variance.push(mean(predictions.map((row) => (row[i] - average[i]) ** 2)));
      bias2.push((average[i] - value) ** 2 - variance[i] / (count - 1));
    });
    return [average, bias2, variance];
  }

  if (typeof module !== "undefined") {
    module.exports = { features, smootherMatrix, exactDecomposition, fan, simulated };
    return;
  }

  const { number, axes, line, handle, label, beside, generator, normals, define } = Gradus;
  const grid = (n) => Array.from({ length: n }, (_, i) => (10 * i) / (n - 1));
  const [old, fresh] = [grid(20), grid(201)], [values, valuesNew] = [old.map(truth), fresh.map(truth)];
  const DEGREES = Array.from({ length: 16 }, (_, k) => k);
  const NONE = -4.25, POWERS = Array.from({ length: 30 }, (_, k) => NONE + k / 4);
  const penaltyOf = (power) => (power <= NONE ? 0 : 10 ** power);
  const matrix = (degree, power) =>
    smootherMatrix(features(old, degree), features(fresh, degree), penaltyOf(power));

  const kept = {};
  /** Mean squared bias and mean variance for noise 1, of one model; computed once. */
  function parts(degree, power) {
    kept[`${degree} ${power}`] ??= exactDecomposition(matrix(degree, power), values, valuesNew, 1).map(mean);
    return kept[`${degree} ${power}`];
  }

  let draws = [];
  function draw({ degree, noise, power, against, again }, width) {
    if (draws.seed !== again) {
      const random = generator(again + 1);
      draws = Object.assign(Array.from({ length: 300 }, () => normals(random, old.length)), { seed: again });
    }
    const predictions = fan(matrix(degree, power), values, noise, draws);
    const [average, bias2, variance] = simulated(predictions, valuesNew);
    const tall = Math.round(width * 0.42), left = 50, wide = width - left - 12;
    const above = axes([left, 10, wide, tall], { from: 0, to: 10, label: "x" }, { from: -5, to: 16, label: "y" });
    const curve = (row, style) => line(above, row.map((y, i) => [fresh[i], y]), style);
    const thin = predictions.slice(0, 12).map((row) => curve(row, "gradus-thin"));
    // The scatter of the data about the pattern, at one input.
    const at = 8, bar = [-noise, noise].map((e) => [at, truth(at) + e]);
    const top = above.inside([...thin, curve(average, "gradus-0"), curve(valuesNew, "gradus-dotted"),
      line(above, bar, "gradus-1")].join("")) + handle(above, bar[1], "noise", "gradus-1") +
      label(above, [1, 14.5], "average of 300 fits", "gradus-0") + label(above, [1, 14.5], "twelve of them", "gradus-5", [0, 9]) +
      label(above, [7.6, 10], "± noise", "gradus-1", [0, 4], "end") + label(above, [9, -4], "dotted, the pattern", "gradus-ink", [0, 0], "end");

    const error = ([b, v]) => b + noise ** 2 * (v + 1);
    const byPower = against === "penalty";
    const places = byPower ? POWERS : DEGREES, here = byPower ? power : degree;
    const curves = places.map((at) => (byPower ? parts(degree, at) : parts(at, power)));
    const below = axes(
      [left, tall + 70, wide, tall],
      byPower ? { from: NONE, to: 3, label: "penalty", log: true, ticks: [-4, -3, -2, -1, 0, 1, 2, 3] }
        : { from: 0, to: 15, label: "degree" },
      { from: 0, to: Math.max(0.1, 1.05 * Math.max(...curves.map(error))), label: "expected error" });
    const names = [["variance", "gradus-0"], ["squared bias", "gradus-1"], ["total", "gradus-2"]];
    const lines = [([, v]) => noise ** 2 * v, ([b]) => b, error].map((value) => curves.map((c, i) => [places[i], value(c)]));
    const mark = [[here, 0], [here, below.fromY(tall + 70)]];
    const bottom = below.inside(lines.map((points, k) => line(below, points, names[k][1])).join("") +
      line(below, mark, "gradus-dotted")) + beside(below, [...lines, mark], names);

    const [b, v] = parts(degree, power), total = error([b, v]);
    const best = POWERS.reduce((a, c) => (error(parts(degree, c)) < error(parts(degree, a)) ? c : a));
    const named = (at) => (at <= NONE ? "none" : number(10 ** at));
    return {
      height: 2 * tall + 112,
      svg: above.frame + top + below.frame + bottom + handle(below, [here, total], "here", "gradus-2"),
      alt: `Above, twelve fits of degree ${degree} as thin lines, the average of 300 and, dotted, the pattern. ` +
        `Below, the parts of the expected error against the ${against}; a dotted line marks where you are.`,
      status: `Expected error ${number(total)}: noise ${number(noise ** 2)}, squared bias ${number(b)}, variance ` +
        `${number(noise ** 2 * v)}. For degree ${degree} and this noise the best penalty is ${named(best)}, with ` +
        `${number(error(parts(degree, best)))}.`,
      caption: `Degree ${degree}, noise ${number(noise)}, penalty ${named(power)}`,
      head: ["part", "exact", "from 300 fits"],
      rows: [
        ["gradus-0", "variance", number(noise ** 2 * v), number(mean(variance))],
        ["gradus-1", "squared bias", number(b), number(mean(bias2))],
        ["", "noise", number(noise ** 2), "(known)"],
        ["gradus-2", "total", number(total), number(mean(bias2) + mean(variance) + noise ** 2)],
      ],
      drag: {
        noise(px, py, set) { set("noise", Math.abs(above.fromY(py) - truth(at))); },
        here(px, py, set) { set(byPower ? "power" : "degree", below.fromX(px)); },
      },
    };
  }

  define("bias-variance", {
    title: "The fan of fits and the parts of its error, with controls",
    draw,
    controls: [
      { label: "Fits", presets: {
        "no penalty": { degree: 15, noise: 1, power: NONE, against: "penalty" },
        "the best penalty": { degree: 15, noise: 1, power: -0.5, against: "penalty" },
        "a penalty of 1,000": { degree: 15, noise: 1, power: 3, against: "penalty" },
        "degree 8": { degree: 8, noise: 1, power: NONE, against: "degree" } } },
      { name: "degree", label: "Degree", min: 0, max: 15, step: 1, value: 15 },
      { name: "noise", label: "Noise", min: 0, max: 3, step: 0.1, value: 1 },
      { name: "power", label: "Penalty", min: NONE, max: 3, step: 0.25, value: NONE,
        text: (at) => (at <= NONE ? "none" : number(10 ** at)) },
      { name: "against", label: "Curves against the", options: ["penalty", "degree"] },
      { name: "again", label: "Draw new data" },
    ],
  });
})();
