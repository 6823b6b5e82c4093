// Networks that vote, and err together: how many are wrong at once, and how often the vote is.
(() => {
  "use strict";

  /** For n = 0, 1, ... networks the chances that 0, 1, ..., n of them are wrong. Each errs with the probability
      `error`, any two errors have the correlation `rho`: a chance of its own for every digit, drawn from a beta
      distribution, or, as it is computed here, Pólya's urn, in which every answer makes the next more alike. */
  function chances(most, error, rho) {
    const rows = [[1]];
    for (let n = 0; n < most; n++) {
      const wrong = (k) => (n ? ((1 - rho) * error + rho * k) / (1 - rho + rho * n) : error);
      const next = Array(n + 2).fill(0);
      rows[n].forEach((p, k) => { next[k] += p * (1 - wrong(k)); next[k + 1] += p * wrong(k); });
      rows.push(next);
    }
    return rows;
  }

  /** How often most are wrong; of two halves a toss decides. */
  const voteError = (row) => row.reduce((sum, p, k) => sum + p * (1 + Math.sign(2 * k - row.length + 1)) / 2, 0);

  if (typeof module !== "undefined") {
    module.exports = { chances, voteError };
    return;
  }

  const { number, pixel, axes, line, dot, handle, label, define } = Gradus;
  const [DIGITS, TEN, MOST, LOW] = [600, 10, 51, -2];
  const COUNTS = [518, 16, 9, 10, 5, 4, 0, 4, 2, 12, 20]; // of the chapter's ten networks
  const SIZES = [1, 3, 5, 11, 51], RHOS = Array.from({ length: 101 }, (_, k) => k / 100);
  const votes = (error, rho) => chances(MOST, error, rho).map(voteError);
  const percent = (p) => (p < 1e-5 ? "≈0" : number(100 * p, 2));

  function draw({ error, rho }, width) {
    const left = 56, wide = width - left - 14, tall = Math.max(140, Math.round(width * 0.28));
    const digits = chances(TEN, error, rho)[TEN].map((p) => DIGITS * p);
    const top = [40, 100, 250, 650].find((high) => high >= Math.max(...digits.slice(1)));
    const above = axes([left, 12, wide, tall], { from: 0.4, to: 10.6, label: "networks that are wrong, of ten", ticks: [...Array(11).keys()].slice(1) },
      { from: 0, to: top, label: "digits" });
    const below = axes([left, tall + 66, wide, tall], { from: 0, to: MOST + 1, label: "networks that vote" },
      { from: LOW, to: 0, label: "error of the vote", log: true, ticks: [-2, -1, 0] });
    const here = votes(error, rho), alone = votes(error, 0), odd = [...Array(MOST + 1).keys()].filter((n) => n % 2);
    const log = (p) => Math.max(Math.log10(p), LOW), curve = (all, style) => line(below, odd.map((n) => [n, Math.log10(all[n])]), style);
    const bars = digits.slice(1).map((count, k) => `<rect class="gradus-cell" x="${pixel(above.x(k + 0.65))}" y="${pixel(above.y(count))}" ` +
      `width="${pixel(above.x(0.7) - above.x(0))}" height="${pixel(above.y(0) - above.y(count))}" fill-opacity="0.7"/>`);
    const worse = error > 0.5, name = odd.find((n) => alone[n] < 10 ** -1.5) || MOST;
    const words = name < MOST ? label(below, [name, log(alone[name])], "if they were independent", "gradus-5", [8, 4])
      : label(below, [MOST, log(alone[MOST])], "if they were independent", "gradus-5", [-12, worse ? -6 : 18], "end");
    const row = (style, words, all) => [style, words, ...SIZES.map((n) => percent(all[n]))];
    return {
      height: 2 * tall + 108,
      svg: above.frame + above.inside(bars.join("")) + COUNTS.map((count, k) => (k ? dot(above, [k, Math.min(count, top)], "gradus-ink") : "")).join("") +
        label(above, [5.5, top], "dots: the chapter's ten networks", "gradus-ink", [0, 6], "middle") +
        label(above, [5.5, top], "bars: those of your settings", "gradus-0", [0, 24], "middle") +
        below.frame + below.inside(curve(alone, "gradus-5") + curve(here, "gradus-0")) + (rho > 0.02 ? words : "") +
        label(below, [MOST, log(here[MOST])], "correlation", "gradus-ink", [-2, worse ? 24 : -14], "end") +
        label(below, [1, log(error)], "one network", "gradus-ink", [8, worse ? 22 : -14]) +
        handle(below, [1, log(error)], "error") + handle(below, [MOST, log(here[MOST])], "rho"),
      alt: `Above, bars for how many of ${DIGITS} digits one, two, up to ten networks misread, and as dots what the chapter's ` +
        `ten do. Below, on a log axis, the error of the vote of 1 to ${MOST} networks, at this correlation and at none.`,
      status: `With ${percent(error)} % of errors and the correlation ${number(rho)}, ten networks are wrong together on ` +
        `${Math.round(digits[TEN])} of ${DIGITS} digits. A vote of eleven errs on ${percent(here[11])} %; of independent ones, on ${percent(alone[11])} %.`,
      caption: "Errors of the vote in percent, by networks",
      head: ["voters", ...SIZES.map(String)],
      rows: [row("gradus-0", "these", here), row("gradus-5", "independent", alone)],
      drag: {
        error(px, py, set) { set("error", 10 ** below.fromY(py)); },
        rho(px, py, set) {
          const apart = RHOS.map((r) => Math.abs(log(votes(error, r)[MOST]) - below.fromY(py)));
          set("rho", RHOS[apart.indexOf(Math.min(...apart))]);
        },
      },
    };
  }

  define("voters", {
    title: "Networks that vote, with controls for their error and its correlation",
    draw,
    controls: [
      { label: "Networks", presets: {
        "the ten networks": { error: 0.076, rho: 0.75 }, independent: { error: 0.076, rho: 0 },
        "half alike": { error: 0.076, rho: 0.5 }, "mostly wrong": { error: 0.6, rho: 0 } } },
      { name: "error", label: "Error of one network", min: 0.02, max: 0.7, step: 0.002, value: 0.076, text: (p) => `${percent(p)} %` },
      { name: "rho", label: "Correlation", min: 0, max: 1, step: 0.01, value: 0 },
    ],
  });
})();
