// What a source is worth: the expected errors from scratch, with its features frozen, and pulled towards them.
(() => {
  "use strict";
  const HEAD = 0.1; // of the error after one example; that of the features is 1

  /** The expected squared errors after n examples; `distance` is the square of that from the source, and it weighs as
      much as `pull` examples. */
  const scratch = (n) => (1 + HEAD) / n;
  const frozen = (n, distance) => HEAD / n + distance;
  const tuned = (n, distance, pull) => HEAD / n + (pull ** 2 * distance + n) / (n + pull) ** 2;

  if (typeof module !== "undefined") {
    module.exports = { scratch, frozen, tuned };
    return;
  }

  const { number, axes, line, handle, label, define } = Gradus;
  const COLUMNS = [1, 5, 20, 100], power = (v) => number(10 ** v, 2);

  function draw({ far, hold, seen }, width) {
    const distance = 10 ** far, pull = 10 ** hold, n = Math.round(10 ** seen), worth = 1 / distance;
    const left = 56, wide = width - left - 14, tall = Math.max(250, Math.round(width * 0.56)), logs = Array.from({ length: 61 }, (_, i) => i / 20);
    const plot = axes([left, 12, wide, tall], { from: 0, to: 3, label: "labelled examples", log: true, ticks: [0, 1, 2, 3] },
      { from: -3.2, to: 0.4, label: "expected error", log: true, ticks: [-3, -2, -1, 0] });
    const ways = [["gradus-1", "from scratch", scratch], ["gradus-2", "new head", (k) => frozen(k, distance)],
      ["gradus-3", "fine-tuned", (k) => tuned(k, distance, pull)], ["", `best pull, ${power(-far)}`, (k) => tuned(k, distance, worth)]];
    const height = (way, k) => Math.log10(way[2](k)), curve = (way) => line(plot, logs.map((v) => [v, height(way, 10 ** v)]), way[0]);
    const [plain, still, free] = ways, hurts = free[2](pull) > plain[2](pull), named = far < -1.5 ? 1 : 1.9;
    const beside = hurts ? hold : Math.max(hold, 1.7 - 0.4 * far); // where no other line is below it
    const best = ways.slice(0, 3).reduce((a, b) => (b[2](n) < a[2](n) ? b : a));
    return {
      height: tall + 54,
      svg: plot.frame + plot.inside(line(plot, [[Math.log10(n), -4], [Math.log10(n), 1]], "gradus-dotted") + ways.slice(0, 3).map(curve).join("")) +
        label(plot, [named, height(plain, 10 ** named)], plain[1], plain[0], hurts ? [-8, 14] : [8, -8], hurts ? "end" : "start") +
        label(plot, [3, height(still, 1000)], "new head", still[0], [-8, -12], "end") +
        label(plot, [beside, height(free, 10 ** beside)], free[1], free[0], hurts ? [hold > 2 ? -8 : 8, -12] : [-10, 20],
          hurts && hold <= 2 ? "start" : "end") +
        handle(plot, [3, height(still, 1000)], "far", "gradus-2") + handle(plot, [hold, height(free, pull)], "hold", "gradus-3") +
        handle(plot, [Math.log10(n), height(plain, n)], "seen", "gradus-1"),
      alt: "Expected error against the number of labelled examples, both axes logarithmic. From scratch it falls along a straight line; with " +
        "frozen features it levels off at their distance from the source; fine-tuned it lies below both, unless the pull is too strong.",
      status: `The source is worth ${power(-far)} example${far ? "s" : ""} and is taken for ${power(hold)}. After ${n} of your own the least error of the three ` +
        `is ${number(best[2](n))}, ${best[1]}; fine-tuning has ${number(free[2](n) / plain[2](n))} times the error from scratch${free[2](n) > plain[2](n) ? ", and does harm" : ""}.`,
      caption: "Expected errors, by the number of examples",
      head: ["examples", ...COLUMNS.map(String)],
      rows: ways.map((way) => [way[0], way[1], ...COLUMNS.map((k) => number(way[2](k), 2))]),
      drag: {
        far(px, py, set) { set("far", plot.fromY(py)); },
        hold(px, py, set) { set("hold", plot.fromX(px)); },
        seen(px, py, set) { set("seen", plot.fromX(px)); },
      },
    };
  }

  define("source", {
    title: "What a source is worth, with controls for its distance and for the pull towards it",
    draw,
    controls: [
      { label: "Tasks", presets: {
        "a near task": { far: -1, hold: 1 }, "a far task": { far: 0, hold: 0 },
        "pulled too hard": { far: 0, hold: 1 }, "let go": { far: -1, hold: 0 } } },
      { name: "far", label: "Squared distance", min: -2, max: 0, step: 0.05, value: -1, text: power },
      { name: "hold", label: "Pull, in examples", min: 0, max: 3, step: 0.05, value: 1, text: power },
      { name: "seen", label: "Examples", min: 0, max: 3, step: 0.05, value: 0.7, text: (v) => String(Math.round(10 ** v)) },
    ],
  });
})();
