// Ten hidden units, 1,024 masks: single masks, averages over them, and the one pass without.
(() => {
  "use strict";
  // The network of the chapter's figure: relu(SIGNS (x - KINKS)) @ WEIGHTS.
  const SIGNS = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1];
  const KINKS = [-1.5, 1.5, -1, 1, -0.5, 0.5, 1.5, -1.5, 2, -2];
  const WEIGHTS = [0.3, -0.3, 0.4, -0.4, 0.2, -0.2, -1.4, 1.4, -1.7, 1.7];
  const LAST = {
    "as it is": (z) => z,
    "through a sigmoid": (z) => {
      const small = Math.exp(-Math.abs(z));
      return (z >= 0 ? 1 : small) / (1 + small);
    },
  };

  /** The hidden layer for each input: shape (n, 10). */
  const hiddenOf = (inputs) => inputs.map((x) => KINKS.map((kink, i) => Math.max(SIGNS[i] * (x - kink), 0)));

  /** Inverted dropout, from draws between 0 and 1: 0 where a unit is dropped, 1 / (1 - p) where it is kept. */
  const maskOf = (draws, p) => draws.map((u) => (u >= p ? 1 : 0) / (1 - p));

  /** The outputs for each row of the hidden layer, under one mask. */
  const outputs = (hidden, mask, last) => hidden.map((row) =>
    LAST[last](row.reduce((total, h, i) => total + h * mask[i] * WEIGHTS[i], 0)));

  /** The mean over all 2^m masks, each with its probability, and the standard deviation of one of them. */
  function exact(hidden, p, last) {
    const masks = Array.from({ length: 2 ** WEIGHTS.length }, (_, code) => WEIGHTS.map((_, i) => (code >> i) & 1));
    const chances = masks.map((kept) => kept.reduce((product, bit) => product * (bit ? 1 - p : p), 1));
    const rows = masks.map((kept) => outputs(hidden, kept.map((bit) => bit / (1 - p)), last));
    const expected = (value) => hidden.map((_, i) =>
      chances.reduce((total, chance, code) => total + chance * value(rows[code][i], i), 0));
    const average = expected((y) => y);
    return [average, expected((y, i) => (y - average[i]) ** 2).map(Math.sqrt)];
  }

  if (typeof module !== "undefined") {
    module.exports = { hiddenOf, maskOf, outputs, exact };
    return;
  }

  const { number, pixel, axes, line, handle, label, generator, define } = Gradus;
  const inputs = Array.from({ length: 61 }, (_, i) => -3 + i / 10), hidden = hiddenOf(inputs);
  const MOST = 1000, SHOWN = 12;
  // What one mask scatters at the middle input is dragged: for each p, how much.
  const MIDDLE = 30, SHARES = Array.from({ length: 19 }, (_, i) => i / 20), scatter = {};
  let drawn = {}, known = {};

  function draw({ p, count, last, again }, width) {
    if (drawn.again !== again) {
      const random = generator(again + 1);
      drawn = { again, draws: Array.from({ length: MOST }, () => WEIGHTS.map(random)) };
    }
    if (known.p !== p || known.last !== last) known = { p, last, both: exact(hidden, p, last) };
    const [average, spread] = known.both;
    const masks = drawn.draws.slice(0, count).map((draws) => maskOf(draws, p));
    const all = masks.map((mask) => outputs(hidden, mask, last));
    const sampled = inputs.map((_, i) => all.reduce((total, row) => total + row[i], 0) / count);
    const pass = outputs(hidden, WEIGHTS.map(() => 1), last);

    const tall = Math.round(width * 0.42), left = 50, wide = width - left - 12;
    const [from, to] = last === "as it is" ? [-5, 5] : [0, 1];
    const above = axes([left, 28, wide, tall], { from: -3, to: 3, label: "input x" }, { from, to, label: "output" });
    const curve = (row, style) => line(above, row.map((y, i) => [inputs[i], y]), style);
    const lines = [curve(average, "gradus-broad"), ...all.slice(-SHOWN).map((row) => curve(row, "gradus-thin")),
      curve(sampled, "gradus-0"), curve(pass, "gradus-1")];

    const bar = [-1, 1].map((sign) => [0, average[MIDDLE] + sign * spread[MIDDLE]]), top = from + 0.94 * (to - from);

    const rows = masks.slice(-SHOWN), high = 16 * rows.length;
    const below = axes([left, tall + 88, Math.min(wide, 300), high],
      { from: 0.5, to: 10.5, label: "hidden unit", ticks: [1, 4, 7, 10] },
      { from: rows.length + 0.5, to: 0.5, label: "last masks", ticks: [...new Set([1, rows.length])] });
    const cells = rows.flatMap((mask, k) => mask.map((value, i) =>
      `<rect class="gradus-square${value ? " gradus-cell" : ""}" x="${pixel(below.x(i + 0.6))}" ` +
      `y="${pixel(below.y(k + 0.6))}" width="${pixel(below.x(1.8) - below.x(1))}" height="12.8"/>`));

    const gap = (row) => Math.max(...row.map((y, i) => Math.abs(y - average[i])));
    const exactly = gap(pass) < 1e-12, off = (row) => (gap(row) < 1e-12 ? "0, to rounding" : number(gap(row)));
    const masksText = `${count} mask${count === 1 ? "" : "s"}`;
    // Above the axes, in one row: where all is well the lines lie on one another.
    const names = [["average of all", "gradus-ink", -10], [`of ${masksText}`, "gradus-0", 90], ["one pass", "gradus-1", 202]]
      .map(([words, style, x]) => label(above, [-3, to], words, style, [x, -12])).join("");
    return {
      height: tall + high + 130,
      svg: above.frame + above.inside(lines.join("") + line(above, bar, "gradus-2")) +
        names + label(above, [0, top], "± one mask", "gradus-2", [-4, 0], "end") + handle(above, bar[1], "p", "gradus-2") + below.frame + cells.join(""),
      alt: "Above, the output against the input: thin lines for single masks, and over them their average, the " +
        "average over all masks, and one pass without a mask. Below, the last masks: a filled square is a kept unit.",
      status: (exactly ? "One pass with all units is the average over all 1,024 masks, to rounding. "
        : `One pass with all units differs from the average over all 1,024 masks by up to ${number(gap(pass))}. `) +
        `The average of ${masksText} is off by up to ${off(sampled)}.`,
      caption: `Dropped with probability ${number(p)}, output ${last}`,
      head: ["prediction", "farthest from the first"],
      rows: [
        ["gradus-broad", "all 1,024 masks", "0"],
        ["gradus-1", "one pass", off(pass)],
        ["gradus-0", `average of ${masksText}`, off(sampled)],
        ["gradus-thin", "a single mask", `${number(Math.max(...spread))} (standard deviation)`],
      ],
      drag: {
        p(px, py, set) {
          scatter[last] ??= SHARES.map((share) => exact([hidden[MIDDLE]], share, last)[1][0]);
          const apart = scatter[last].map((each) => Math.abs(each - (above.fromY(py) - average[MIDDLE])));
          set("p", SHARES[apart.indexOf(Math.min(...apart))]);
        },
      },
    };
  }

  define("dropout", {
    title: "Dropout masks and their average, with controls",
    draw,
    controls: [
      { label: "Masks", presets: {
        "one mask": { p: 0.3, count: 1, last: "as it is" }, "twelve": { p: 0.3, count: 12, last: "as it is" },
        "a thousand": { p: 0.3, count: MOST, last: "as it is" },
        "through a sigmoid": { p: 0.5, count: MOST, last: "through a sigmoid" } } },
      { name: "p", label: "Dropped, p =", min: 0, max: 0.9, step: 0.05, value: 0.3 },
      { name: "count", label: "Masks", min: 1, max: MOST, step: 1, value: SHOWN },
      { name: "last", label: "Output", options: Object.keys(LAST) },
      { name: "again", label: "Draw new masks" },
    ],
  });
})();
