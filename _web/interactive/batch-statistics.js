// One unit on a mini-batch: what normalization makes of each example, by the batch and by the averages that are kept.
(() => {
  "use strict";
  const EPS = 1e-5, BATCHES = 200, MOST = 32;

  /** The mean and the biased variance of some values. */
  function statistics(values) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
  }

  const normalized = (values, [mean, variance]) => values.map((x) => (x - mean) / Math.sqrt(variance + EPS));

  /** The averages before the first batch and after each; of one value no variance can be estimated: it stays as it is. */
  function kept(batches, rho, unbiased) {
    const averages = [[0, 1]];
    for (const batch of batches) {
      const [mean, variance] = statistics(batch), n = batch.length, factor = unbiased && n > 1 ? n / (n - 1) : 1;
      const [m, v] = averages.at(-1);
      averages.push([rho * m + (1 - rho) * mean, rho * v + (1 - rho) * factor * variance]);
    }
    return averages;
  }

  if (typeof module !== "undefined") {
    module.exports = { statistics, normalized, kept };
    return;
  }

  const { number, axes, line, dot, handle, label, generator, normals, define } = Gradus;
  const RHOS = [0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.995], random = generator(3);
  const [first, ...later] = Array.from({ length: BATCHES + 1 }, () => normals(random, MOST));
  const across = { from: -10, to: 27 };

  function draw({ n, own, factor, before, rho, t, kind }, width) {
    const [shift, scale] = [3 * factor, 2 * factor], unit = (z) => shift + scale * z, batch = [own, ...first.slice(1, n)].map(unit), batches = later.map((z) => z.slice(0, before).map(unit));
    const stats = statistics(batch), averages = kept(batches, RHOS[rho], kind === "unbiased"), now = averages[t];
    const outs = [normalized(batch, stats), normalized(batch, now)];
    const left = 52, wide = width - left - 14, tall = Math.max(110, Math.round(wide * 0.22));
    const none = { from: 0, to: 1, ticks: [] };
    const above = axes([left, 4, wide, 30], across, none);
    const middle = axes([left, 92, wide, 84], { from: -4, to: 6, label: "what comes out" }, none);
    const below = axes([left, 228, wide, tall], { from: 0, to: BATCHES, label: "batches seen" },
      { from: Math.min(-2, unit(-2)), to: Math.max(2, unit(2)), label: "value" });
    // Each row of dots has its height; the first example is drawn last, over the others.
    const order = [...batch.keys()].reverse(), look = (i, style) => (i ? style : "gradus-1");
    const dots = (plot, values, y, style) => order.map((i) => dot(plot, [values[i], y], look(i, style), i ? 4 : 5)).join("");
    const ways = order.map((i) => `<path class="gradus-line ${i ? "gradus-thin" : "gradus-1"}" d="M${above.x(batch[i]).toFixed(1)},${above.y(0.5)}` +
      `L${middle.x(Math.min(Math.max(outs[0][i], -40), 40)).toFixed(1)},${middle.y(0.8)}"/>`).join("");
    const side = (sign) => averages.map(([m, v], k) => [k, m + sign * Math.sqrt(v)]);
    const flat = [-1, 0, 1].map((sign) => line(below, [[0, unit(sign)], [BATCHES, unit(sign)]], "gradus-dotted")).join("");
    const row = (style, name, [mean, variance], out) => [style, name, number(mean), number(Math.sqrt(variance)), number(out)];
    return {
      height: 228 + tall + 38,
      svg: above.frame + middle.frame + above.inside(dots(above, batch, 0.5, "gradus-5")) + ways +
        middle.inside(dots(middle, outs[0], 0.8, "gradus-0") + dots(middle, outs[1], 0.3, "gradus-2")) +
        label(above, [27, 0.5], "what goes in", "gradus-5", [0, 4], "end") + label(middle, [-4, 0.8], "by the batch", "gradus-0", [6, 17]) + label(middle, [-4, 0.3], "by what is kept", "gradus-2", [6, 17]) +
        handle(above, [batch[0], 0.5], "own", "gradus-1") +
        below.frame + below.inside(flat + batches.map((values, k) => dot(below, [k + 1, statistics(values)[0]], "gradus-5", 1.5)).join("") +
          [-1, 1].map((sign) => line(below, side(sign), "gradus-2 gradus-faint")).join("") + line(below, averages.map(([m], k) => [k, m]), "gradus-2")) +
        label(below, side(0)[150], "kept mean", "gradus-2", [0, 15], "middle") +
        label(below, side(1)[150], "± kept deviation", "gradus-2", [0, -7], "middle") + handle(below, [t, now[0]], "t", "gradus-2"),
      alt: `${n} values of a unit on a line, one of them marked; below, what becomes of them by the mean and variance of the batch, and by the ` +
        `averages kept after ${t} batches. At the bottom these averages against the number of batches; dotted, mean and deviation of all examples.`,
      status: n < 2 ? `A batch of one has no spread: whatever the input is, ${number(outs[0][0])} comes out. By what was kept after ${t} batches, ${number(outs[1][0])}.`
        : `The marked example, ${number(batch[0])}, becomes ${number(outs[0][0])} in its batch of ${n}, and ${number(outs[1][0])} by what ` +
          `was kept after ${t} batches, whatever the others are.`,
      caption: "Statistics, and the marked example by them",
      head: ["statistics", "mean", "deviation", "example"],
      rows: [row("gradus-0", "batch", stats, outs[0][0]), row("gradus-2", "kept", now, outs[1][0]),
        row("gradus-dotted", "all", [shift, scale ** 2], own)],
      drag: {
        own(px, py, set) { set("own", (above.fromX(px) - shift) / scale); },
        t(px, py, set) { set("t", below.fromX(px)); },
      },
    };
  }

  const calm = { n: 8, own: 1, factor: 1, before: 8, rho: 3, t: 100, kind: "unbiased" };
  define("batch-statistics", {
    title: "A mini-batch and its statistics, with controls",
    draw,
    controls: [
      { label: "Batches", presets: {
        eight: calm, "twice the weights": { ...calm, factor: 2 }, "one outlier": { ...calm, own: 5 },
        "a batch of one": { ...calm, n: 1 }, "too early": { ...calm, rho: 5, t: 30 }, "twos, biased": { ...calm, before: 2, rho: 4, t: BATCHES, kind: "biased" } } },
      { name: "own", label: "Marked example", min: -3, max: 5, step: 0.1, value: 1 },
      { name: "n", label: "Size of its batch", min: 1, max: MOST, step: 1, value: 8 },
      { name: "factor", label: "Factor of the weights", min: 0.25, max: 2, step: 0.25, value: 1 },
      { name: "before", label: "Size of those before", min: 1, max: MOST, step: 1, value: 8 },
      { name: "rho", label: "Kept of the old, ρ", min: 0, max: RHOS.length - 1, step: 1, value: 3, text: (i) => number(RHOS[i]) },
      { name: "t", label: "Batches seen", min: 0, max: BATCHES, step: 1, value: 100 },
      { name: "kind", label: "Kept variance", options: ["unbiased", "biased"] },
    ],
  });
})();
