// An activation, its slope, and what many layers of it do to a signal and to its gradient.
(() => {
  "use strict";
  const small = (z) => Math.exp(-Math.abs(z));
  const gate = (z) => (z >= 0 ? 1 : small(z)) / (1 + small(z));
  const rise = (z) => small(z) / (1 + small(z)) ** 2;
  // z -> [value, slope]
  const ACTIVATIONS = {
    sigmoid: (z) => [gate(z), rise(z)],
    tanh: (z) => [Math.tanh(z), 1 - Math.tanh(z) ** 2],
    ReLU: (z) => (z > 0 ? [z, 1] : [0, 0]),
    "leaky, 0.1": (z) => (z > 0 ? [z, 1] : [0.1 * z, 0.1]),
    ELU: (z) => (z > 0 ? [z, 1] : [Math.expm1(z), Math.exp(z)]),
    SiLU: (z) => [z * gate(z), gate(z) + z * rise(z)],
    softplus: (z) => [Math.max(z, 0) + Math.log1p(small(z)), gate(z)],
  };
  const activated = (name, zs) => zs.map((z) => ACTIVATIONS[name](z));

  /** The rows of x times a matrix, or its transpose. */
  const product = (x, w, turned) => x.map((row) => {
    const out = new Float64Array(row.length);
    for (let i = 0; i < row.length; i++)
      for (let j = 0; j < row.length; j++) out[j] += row[i] * (turned ? w[j][i] : w[i][j]);
    return out;
  });
  const size = (rows) => {
    let sum = 0;
    for (const row of rows) for (const v of row) sum += v * v;
    return Math.sqrt(sum / rows.length / rows[0].length);
  };

  /** Of each layer the size of what leaves it, and of the gradient by its pre-activations; weights times `deviation`. */
  function through(x, gradient, weights, deviation, name) {
    const slopes = [], leaving = [], back = [];
    for (const w of weights) {
      const pairs = product(x, w).map((row) => Array.from(row, (z) => ACTIVATIONS[name](z * deviation)));
      x = pairs.map((row) => row.map(([a]) => a));
      slopes.push(pairs.map((row) => row.map(([, slope]) => slope)));
      leaving.push(size(x));
    }
    for (let l = weights.length - 1; l >= 0; l--) {
      if (l < weights.length - 1) gradient = product(gradient, weights[l + 1], true).map((row) => row.map((v) => v * deviation));
      gradient = gradient.map((row, i) => row.map((v, j) => v * slopes[l][i][j]));
      back.unshift(size(gradient));
    }
    return { leaving, back };
  }

  if (typeof module !== "undefined") {
    module.exports = { activated, through };
    return;
  }

  const { number, axes, line, dot, handle, label, generator, normals, define } = Gradus;
  const [WIDTH, INPUTS, DEPTH] = [100, 20, 20], HE = Math.SQRT2 / 10;
  const WEIGHTS = [0.01, 0.02, 0.05, 0.1, HE, 0.2, 0.3, 0.5, 1];
  const rows = (random, n) => Array.from({ length: n }, () => normals(random, WIDTH));
  let drawn;

  function draw({ name, weight, depth, z }, width) {
    if (!drawn) {
      const random = generator(1);
      drawn = { x: rows(random, INPUTS), gradient: rows(random, INPUTS), weights: Array.from({ length: DEPTH }, () => rows(random, WIDTH)) };
    }
    const deviation = WEIGHTS[weight], { leaving, back } = through(drawn.x, drawn.gradient, drawn.weights.slice(0, depth), deviation, name);
    const left = 60, wide = width - left - 14, tall = Math.max(150, Math.round(width * 0.33));
    const above = axes([left, 10, wide, tall], { from: -4, to: 4, label: "z" }, { from: -1.6, to: 2.4 });
    const inputs = Array.from({ length: 161 }, (_, i) => -4 + i / 20), curves = activated(name, inputs);
    const curve = (k, style) => line(above, inputs.map((at, i) => [at, curves[i][k]]), style);
    const [a, slope] = ACTIVATIONS[name](z), relative = back.map((v) => v / back.at(-1));
    const logs = [leaving, relative].map((values) => values.map((v, i) => [i + 1, Math.log10(v)]));
    const heights = logs.flat().map(([, v]) => v);
    const below = axes([left, tall + 62, wide, tall], { from: 0.5, to: depth + 0.5, label: "layer" },
      { from: Math.min(-3, ...heights) - 1, to: Math.max(2, ...heights) + 0.5, label: "size", log: true });
    const marked = (points, style) => line(below, points, style) + points.map((p) => dot(below, p, style, 3)).join("");
    const up = logs[1][0][1] > logs[0][0][1] ? [-9, 18] : [18, -9]; // the higher name above its line
    const factor = relative[0] ** (1 / Math.max(depth - 1, 1));
    const fate = factor < 0.9 ? "it vanishes" : factor > 1.1 ? "it explodes" : "it keeps its size";
    return {
      height: 2 * tall + 104,
      svg: above.frame + above.inside(line(above, [[-4, 1], [4, 1]], "gradus-thin") + curve(1, "gradus-1") + curve(0, "gradus-0") +
          line(above, [[z, -2], [z, 3]], "gradus-dotted") + dot(above, [z, slope], "gradus-1")) +
        label(above, [-3.9, curves[2][0]], "value", "gradus-0", [0, curves[2][0] < curves[2][1] ? 15 : -7]) +
        label(above, [3.9, curves[158][1]], "slope", "gradus-1", [0, -7], "end") + handle(above, [z, a], "z", "gradus-0") +
        below.frame + below.inside(marked(logs[0], "gradus-0") + marked(logs[1], "gradus-1")) +
        label(below, logs[0][0], "activations", "gradus-0", [6, up[1]]) + label(below, logs[1][0], "gradient", "gradus-1", [6, up[0]]),
      alt: `Above, ${name} and its slope from -4 to 4, with a point that can be dragged. Below, on a log axis, the size of ` +
        `the activations of ${depth} layers, and of the gradient, which comes from the right and has size 1 at the last.`,
      status: `${name} at ${number(z)}: value ${number(a)}, slope ${number(slope)}. ` + (depth < 2 ? "One layer: nothing is multiplied yet."
        : `On its way from layer ${depth} to layer 1 the gradient is multiplied by ${number(relative[0])}, ` +
          `${number(factor)} a layer: ${fate}.`),
      caption: `${name}, weights of size ${number(deviation)}, ${WIDTH} inputs for each unit`,
      head: ["size", ...new Set([1, Math.ceil(depth / 2), depth])].map((words, i) => (i ? `layer ${words}` : words)),
      rows: [["gradus-0", "activations", leaving], ["gradus-1", "gradient", relative]].map(([style, words, sizes]) =>
        [style, words, ...[...new Set([1, Math.ceil(depth / 2), depth])].map((l) => number(sizes[l - 1]))]),
      drag: { z(px, py, set) { set("z", above.fromX(px)); } },
    };
  }

  define("activations", {
    title: "An activation and many layers of it, with controls",
    draw,
    controls: [
      { label: "Networks", presets: {
        "sigmoid, small weights": { name: "sigmoid", weight: 3, depth: 10 },
        "tanh, large weights": { name: "tanh", weight: 6, depth: 10 },
        "ReLU, He's weights": { name: "ReLU", weight: 4, depth: 20 } } },
      { name: "name", label: "Activation", options: Object.keys(ACTIVATIONS) },
      { name: "weight", label: "Size of the weights", min: 0, max: WEIGHTS.length - 1, step: 1, value: 3, text: (at) => number(WEIGHTS[at]) },
      { name: "depth", label: "Layers", min: 1, max: DEPTH, step: 1, value: 10 },
      { name: "z", label: "z", min: -4, max: 4, step: 0.1, value: 1 },
    ],
  });
})();
