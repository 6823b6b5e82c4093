// A cube of numbers, examples x maps x pixels: with which of them is one number averaged?
(() => {
  "use strict";
  const SHAPE = [4, 6, 5];
  const EPS = 1e-5;
  // Whether two places (example, map, pixel) share mean and variance; `size` is that of a group of maps.
  const TOGETHER = {
    batch: (a, b) => a[1] === b[1],
    layer: (a, b) => a[0] === b[0],
    group: (a, b, size) => a[0] === b[0] && Math.floor(a[1] / size) === Math.floor(b[1] / size),
    instance: (a, b) => a[0] === b[0] && a[1] === b[1],
    position: (a, b) => a[0] === b[0] && a[2] === b[2],
  };

  const range = (n) => Array.from({ length: n }, (_, i) => i);

  /** All places of a cube, the pixels running first. */
  const placesOf = ([n, c, p]) => range(n).flatMap((i) => range(c).flatMap((j) => range(p).map((k) => [i, j, k])));

  /** For each place of the cube whether it shares the mean of the chosen one. */
  const averaged = (norm, shape, groups, chosen) =>
    placesOf(shape).map((place) => TOGETHER[norm](place, chosen, shape[1] / groups));

  /** Mean, biased variance and normalized value at one place; `values` in the order of the places. */
  function normalized(values, norm, shape, groups, chosen) {
    const inside = averaged(norm, shape, groups, chosen), part = values.filter((_, i) => inside[i]);
    const mean = part.reduce((total, x) => total + x, 0) / part.length;
    const variance = part.reduce((total, x) => total + (x - mean) ** 2, 0) / part.length;
    const [, c, p] = shape, x = values[(chosen[0] * c + chosen[1]) * p + chosen[2]];
    return [mean, variance, (x - mean) / Math.sqrt(variance + EPS)];
  }

  if (typeof module !== "undefined") {
    module.exports = { averaged, normalized };
    return;
  }

  const { number, pixel, handle, generator, normals, define } = Gradus;
  const NAMES = Object.keys(TOGETHER), [N, C, P] = SHAPE;

  /** Numbers in which each example and each map has a level of its own. */
  function numbers(seed) {
    const random = generator(seed + 1);
    const [ofExample, ofMap, single] = [normals(random, N), normals(random, C), normals(random, N * C * P)];
    return placesOf(SHAPE).map(([i, j], k) => 3 + ofExample[i] + ofMap[j] + single[k]);
  }

  function draw({ norm, groups, example, map, place, again }, width) {
    const values = numbers(again), chosen = [example - 1, map - 1, place - 1], count = Number(groups);
    const inside = averaged(norm, SHAPE, count, chosen);
    const perRow = width < 460 ? 2 : 4, gap = 14, left = 34;
    const side = Math.floor((width - left - gap * perRow) / (perRow * P));
    const tall = C * side + 40;
    const straight = { x: (px) => px, y: (py) => py }; // what is drawn here is in pixels
    const corner = (i) => [left + (i % perRow) * (P * side + gap), 24 + Math.floor(i / perRow) * tall];
    const cells = placesOf(SHAPE).map((at, k) => {
      const [column, row] = corner(at[0]), x = column + at[2] * side, y = row + at[1] * side;
      const box = `x="${pixel(x + 1)}" y="${pixel(y + 1)}" width="${pixel(side - 2)}" height="${pixel(side - 2)}"`;
      return `<rect class="gradus-square${inside[k] ? " gradus-cell" : ""}" ${box}><title>${number(values[k])}</title></rect>`;
    });
    const [column, row] = corner(chosen[0]), dot = [column + (chosen[2] + 0.5) * side, row + (chosen[1] + 0.5) * side];
    const titles = range(N).map((i) => `<text text-anchor="middle" ` +
      `x="${pixel(corner(i)[0] + (P * side) / 2)}" ` +
      `y="${pixel(corner(i)[1] - 9)}">example ${i + 1}</text>`);
    const rows = range(Math.ceil(N / perRow)).map((r) =>
      `<text transform="translate(14,${24 + r * tall + (C * side) / 2}) rotate(-90)" text-anchor="middle">maps</text>` +
      `<text x="${left + (P * side) / 2}" y="${24 + r * tall + C * side + 14}" text-anchor="middle">pixels</text>`);
    const results = Object.fromEntries(NAMES.map((name) => [name, normalized(values, name, SHAPE, count, chosen)]));
    const x = values[(chosen[0] * C + chosen[1]) * P + chosen[2]], [mean, variance, value] = results[norm];
    const others = norm === "batch" ? "other examples are among them" : "no other example is among them";
    return {
      height: Math.ceil(N / perRow) * tall + 4,
      svg: titles.join("") + rows.join("") + cells.join("") + handle(straight, dot, "chosen"),
      alt: "Four examples side by side, each a table of six maps (rows) and five pixels (columns). Filled are the " +
        `numbers that share mean and variance with the one that has a dot; norm: ${norm}.`,
      status: `${inside.filter(Boolean).length} of ${N * C * P} numbers are averaged; ${others}. Their mean is ` +
        `${number(mean)}, their deviation ${number(Math.sqrt(variance))}: ${number(x)} becomes ${number(value)}.`,
      caption: `The number at example ${example}, map ${map}, pixel ${place}: ${number(x)}`,
      head: ["norm", "numbers", "mean", "deviation", "becomes"],
      rows: NAMES.map((name) => ["", name === "group" ? `group (${groups})` : name,
        String(averaged(name, SHAPE, count, chosen).filter(Boolean).length),
        number(results[name][0]), number(Math.sqrt(results[name][1])), number(results[name][2])]),
      drag: {
        chosen(px, py, set) {
          const within = (v, n) => Math.min(Math.max(Math.floor(v), 0), n - 1);
          const at = within((px - left + gap / 2) / (P * side + gap), perRow) +
            perRow * within((py - 4) / tall, Math.ceil(N / perRow)), [x, y] = corner(at);
          set("example", at + 1);
          set("map", 1 + within((py - y) / side, C));
          set("place", 1 + within((px - x) / side, P));
        },
      },
    };
  }

  const here = { example: 2, map: 3, place: 3 };
  define("norm-cube", {
    title: "Which numbers a norm averages, with controls",
    draw,
    controls: [
      { label: "Norms", presets: {
        "batch": { norm: "batch", groups: "2", ...here }, "two groups": { norm: "group", groups: "2", ...here },
        "one group": { norm: "group", groups: "1", ...here }, "six groups": { norm: "group", groups: "6", ...here } } },
      { name: "norm", label: "Norm", options: NAMES },
      { name: "groups", label: "Groups of maps", options: ["2", "1", "3", "6"] },
      { name: "example", label: "Example", min: 1, max: N, step: 1, value: 2 },
      { name: "map", label: "Map", min: 1, max: C, step: 1, value: 3 },
      { name: "place", label: "Pixel", min: 1, max: P, step: 1, value: 3 },
      { name: "again", label: "Draw new numbers" },
    ],
  });
})();
