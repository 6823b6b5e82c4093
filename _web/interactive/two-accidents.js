// Networks with random hidden units, fitted to twenty targets: the variance by the data and by the start.
(() => {
  "use strict";
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const mean = (values) => sum(values) / values.length;
  /** Of the shorter one's length: a loop, since these are what takes the time. */
  const dotted = (a, b) => {
    let total = 0;
    for (let i = Math.min(a.length, b.length) - 1; i >= 0; i--) total += a[i] * b[i];
    return total;
  };

  const truth = (x) => x + 2 * Math.sin(1.5 * x);

  /** The hidden units max(0, side (x - kink)) of each input, a unit for each pair [side, kink]: shape (n, p). */
  const units = (inputs, pairs) => inputs.map((x) => pairs.map(([side, kink]) => Math.max(0, side * (x - kink))));

  /** The matrix S, shape (m, n), that turns targets into predictions; every weight of the output is penalised. */
  function smootherMatrix(old, fresh, penalty) {
    // S (old old' + penalty I) = fresh old', by the Cholesky factor of what is in brackets.
    const root = [];
    old.forEach((row, i) => {
      root.push([]);
      for (let j = 0; j <= i; j++) {
        const rest = dotted(row, old[j]) - dotted(root[i], root[j]); // of the j found so far
        root[i][j] = i === j ? Math.sqrt(rest + penalty) : rest / root[j][j];
      }
    });
    return fresh.map((row) => {
      const s = old.map((each) => dotted(row, each)), n = s.length;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) s[i] -= root[i][j] * s[j];
        s[i] /= root[i][i];
      }
      for (let i = n - 1; i >= 0; i--) {
        for (let j = i + 1; j < n; j++) s[i] -= root[j][i] * s[j];
        s[i] /= root[i][i];
      }
      return s;
    });
  }

  /** The mean over starts, and the variance, of what `of` makes of each row of their smoothers: shape (m, ...). */
  function overStarts(smoothers, of) {
    const count = smoothers.length, middle = [], spread = [];
    smoothers[0].forEach((_, i) => {
      const rows = smoothers.map((smoother) => of(smoother[i]));
      middle.push(rows[0].map((_, j) => mean(rows.map((row) => row[j]))));
      spread.push(middle[i].map((m, j) => sum(rows.map((row) => (row[j] - m) ** 2)) / (count - 1)));
    });
    return [middle, spread];
  }

  /** Squared bias, variance by the data and by the start, in the mean over points: over the noise they are
      exact, over the starts right on average. */
  function parts(smoothers, values, valuesNew, noise) {
    const count = smoothers.length, n = values.length;
    // A row of S, and what it makes of the noise-free targets.
    const [middle, spread] = overStarts(smoothers, (row) => [...row, dotted(row, values)]);
    const weights = (row) => row.slice(0, n);
    return [
      mean(middle.map((row, i) => (row[n] - valuesNew[i]) ** 2 - spread[i][n] / count)),
      mean(middle.map((row, i) => noise ** 2 * (dotted(weights(row), row) - sum(weights(spread[i])) / count))),
      mean(spread.map((row) => row[n] + noise ** 2 * sum(weights(row)))),
    ];
  }

  if (typeof module !== "undefined") {
    module.exports = { units, smootherMatrix, parts };
    return;
  }

  const { number, axes, line, dot, handle, label, beside, generator, normals, define } = Gradus;
  const STARTS = 40, LEAST = -2, COUNTS = [3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 25, 30, 50, 100, 200];
  const grid = (n) => Array.from({ length: n }, (_, i) => (10 * i) / (n - 1));
  const [old, fresh, few] = [grid(20), grid(101), grid(41)], values = old.map(truth);

  const random = generator(1);
  /** Each start has as many units as the largest network; a smaller one has the first of them. */
  const starts = Array.from({ length: STARTS }, () =>
    Array.from({ length: COUNTS.at(-1) }, () => [random() < 0.5 ? -1 : 1, 10 * random()]));
  const matrices = (p, power, at) => starts.map((pairs) => pairs.slice(0, p)).map((pairs) =>
    smootherMatrix(units(old, pairs), units(at, pairs), 10 ** power));

  const kept = {};
  /** The three parts without noise and with noise 1, of one model; computed once. */
  function both(p, power) {
    const name = `${p} ${power}`;
    if (!kept[name]) {
      const all = matrices(p, power, few);
      kept[name] = [0, 1].map((noise) => parts(all, values, few.map(truth), noise));
    }
    return kept[name];
  }

  /** Squared bias, variance by the data and by the start, total: for a noise they go with its square. */
  function found(p, power, noise) {
    const [none, one] = both(p, power), split = none.map((x, i) => x + noise ** 2 * (one[i] - x));
    return [...split, sum(split) + noise ** 2];
  }

  let shown = {};
  /** The smoothers of one model where it is drawn, and their mean over starts: those of the last are kept. */
  function drawnBy(p, power) {
    if (shown.p !== p || shown.power !== power) {
      const all = matrices(p, power, fresh);
      shown = { p, power, all, average: overStarts(all, (row) => row)[0] };
    }
    return shown;
  }

  function draw({ index, noise, power, drawn, again }, width) {
    const p = COUNTS[index], chance = generator(again + 2), byStart = drawn === "start";
    const sets = Array.from({ length: 12 }, () => normals(chance, old.length).map((e, i) => values[i] + noise * e));
    const { all, average } = drawnBy(p, power);
    const predict = (smoother, y) => smoother.map((row) => dotted(row, y));
    const fits = byStart ? all.slice(0, 12).map((smoother) => predict(smoother, sets[0])) : sets.map((y) => predict(average, y));
    const tall = Math.round(width * 0.42), left = 50, wide = width - left - 12;
    const above = axes([left, 10, wide, tall], { from: 0, to: 10, label: "x" }, { from: -5, to: 16, label: "y" });
    const curve = (row, style) => line(above, row.map((y, i) => [fresh[i], y]), style);
    const top = above.inside([...fits.map((row) => curve(row, "gradus-thin")),
      curve(predict(average, byStart ? sets[0] : values), "gradus-0"), curve(fresh.map(truth), "gradus-dotted"),
      ...(byStart ? old.map((x, i) => dot(above, [x, sets[0][i]], "gradus-ink", 2.5)) : [])].join("")) +
      label(above, [0.4, 14.5], byStart ? "average over 40 starts" : "average over all data", "gradus-0") +
      label(above, [0.4, 14.5], byStart ? "one data set, twelve starts" : "twelve data sets, each an average over 40 starts", "gradus-5", [0, 9]);

    const curves = COUNTS.map((count) => found(count, power, noise)), place = Math.log10;
    // A scale of roots: it shows what is small beside a peak, and a part that is nought.
    const height = (x) => Math.sqrt(Math.max(x, 0));
    const most = 1.05 * Math.max(...curves.map((row) => height(row[3])));
    const below = axes([left, tall + 70, wide, tall],
      { from: place(3), to: place(200), label: "number of hidden units", ticks: [3, 5, 10, 20, 50, 100, 200].map(place), text: (v) => number(10 ** v) },
      { from: 0, to: most, label: "expected error", ticks: [...Array(Math.floor(most) + 1).keys()], text: (v) => number(v * v) });
    const names = [["squared bias", "gradus-1"], ["by the data", "gradus-0"], ["by the start", "gradus-3"], ["total", "gradus-2"]];
    const lines = names.map((_, k) => curves.map((row, i) => [place(COUNTS[i]), height(row[k])]));
    const mark = [[place(p), 0], [place(p), most]], now = curves[index];
    const bottom = below.inside(lines.map((points, k) => line(below, points, names[k][1])).join("") +
      line(below, mark, "gradus-dotted")) + beside(below, [...lines, mark], names);
    return {
      height: 2 * tall + 112,
      svg: above.frame + top + below.frame + bottom + handle(below, [place(p), height(now[3])], "here", "gradus-2"),
      alt: (byStart ? `Above, twelve networks of ${p} random hidden units, fitted to the same data, and the average over 40 starts`
        : `Above, for twelve data sets the average of networks of ${p} hidden units over 40 starts, and its mean over all data`) +
        "; dotted, the pattern. Below, the parts of the expected error against the number of units.",
      status: `Expected error ${number(now[3])}: noise ${number(noise ** 2)}, squared bias ${number(now[0])}, variance by the data ` +
        `${number(now[1])}, by the start ${number(now[2])}.`,
      caption: `${p} hidden units, 20 targets, noise ${number(noise)}, penalty ${number(10 ** power)}`,
      head: ["part", "expected error"],
      rows: [...[1, 2, 0].map((k) => [names[k][1], k ? `variance ${names[k][0]}` : names[k][0], number(now[k])]),
        ["", "noise", number(noise ** 2)], ["gradus-2", "total", number(now[3])]],
      drag: {
        here(px, py, set) {
          const far = COUNTS.map((count) => Math.abs(place(count) - below.fromX(px)));
          set("index", far.indexOf(Math.min(...far)));
        },
      },
    };
  }

  define("two-accidents", {
    title: "Random hidden units: the variance by the data and by the start, with controls",
    draw,
    controls: [
      { label: "Models", presets: {
        "5 units": { index: 2, noise: 1, power: LEAST },
        "20 units": { index: 10, noise: 1, power: LEAST },
        "200 units": { index: 16, noise: 1, power: LEAST },
        "200, with a penalty": { index: 16, noise: 1, power: 0.5 } } },
      { name: "index", label: "Hidden units", min: 0, max: COUNTS.length - 1, step: 1, value: 10, text: (i) => String(COUNTS[i]) },
      { name: "noise", label: "Noise", min: 0, max: 3, step: 0.1, value: 1 },
      { name: "power", label: "Penalty", min: LEAST, max: 2, step: 0.5, value: LEAST, text: (at) => number(10 ** at) },
      { name: "drawn", label: "Drawn again: the", options: ["start", "data"] },
      { name: "again", label: "Draw new data" },
    ],
  });
})();
