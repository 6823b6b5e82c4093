// What thirty layers make of a random input, as the weights and the activation change.
(() => {
  "use strict";
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const ALPHA = 1.6732632423543772, SCALE = 1.0507009873554805;
  const sigmoid = (z) => {
    const small = Math.exp(-Math.abs(z));
    return [(z >= 0 ? 1 : small) / (1 + small), small / (1 + small) ** 2];
  };
  const elu = (z, alpha = 1) => (z > 0 ? [z, 1] : [alpha * Math.expm1(z), alpha * Math.exp(z)]);
  // z -> [activation, slope]
  const ACTIVATIONS = {
    ReLU: (z) => (z > 0 ? [z, 1] : [0, 0]),
    tanh: (z) => [Math.tanh(z), 1 - Math.tanh(z) ** 2],
    sigmoid,
    "leaky ReLU": (z) => (z > 0 ? [z, 1] : [0.01 * z, 0.01]),
    ELU: (z) => elu(z),
    SELU: (z) => elu(z, ALPHA).map((value) => SCALE * value),
  };
  const activated = (name, zs) => zs.map(ACTIVATIONS[name]);

  /** For each layer the pre-activations of all inputs, shape (n, width); weights are scaled by `deviation`. */
  function forward(x, weights, deviation, name) {
    const layers = [], width = x[0].length;
    for (const w of weights) {
      x = x.map((row) => {
        const z = new Float64Array(width);
        row.forEach((a, i) => {
          const from = w[i];
          if (a) for (let j = 0; j < width; j++) z[j] += a * from[j];
        });
        return Array.from(z, (value) => value * deviation);
      });
      layers.push(x);
      x = x.map((row) => row.map((z) => ACTIVATIONS[name](z)[0]));
    }
    return layers;
  }

  /** Of one layer: mean square of z, share of slopes below 0.01, how much a unit differs between inputs. */
  function measured(zs, name) {
    const pairs = zs.map((row) => activated(name, row));
    const spreads = zs[0].map((_, j) => {
      const unit = pairs.map((row) => row[j][0]), middle = mean(unit);
      return mean(unit.map((a) => (a - middle) ** 2));
    });
    return [mean(zs.flat().map((z) => z * z)), mean(pairs.flat().map(([, slope]) => (slope < 0.01 ? 1 : 0))),
      Math.sqrt(mean(spreads))];
  }

  /** The variances of z that the theory of wide layers predicts, for inputs of mean square 1. */
  function forwardVariance(width, depth, deviation, name) {
    const x = Array.from({ length: 4000 }, (_, i) => -8 + (16 * i) / 3999);
    const density = x.map((u) => Math.exp(-(u * u) / 2)), total = mean(density), variances = [];
    for (let layer = 0, square = 1; layer < depth; layer++) {
      const q = width * deviation ** 2 * square;
      variances.push(q);
      square = mean(x.map((u, i) => density[i] * ACTIVATIONS[name](Math.sqrt(q) * u)[0] ** 2)) / total;
    }
    return variances;
  }

  /** How many values lie in each of `bins` equal parts of [low, high]; those outside count at its ends. */
  function histogram(values, low, high, bins) {
    const counts = Array(bins).fill(0);
    for (const v of values) counts[Math.min(Math.max(Math.floor(((v - low) / (high - low)) * bins), 0), bins - 1)]++;
    return counts;
  }

  if (typeof module !== "undefined") {
    module.exports = { activated, forward, measured, forwardVariance, histogram };
    return;
  }

  const { number, pixel, axes, line, dot, handle, label, generator, normals, define } = Gradus;
  const [WIDTH, INPUTS, DEPTH, BINS] = [100, 40, 30, 48], MOST = 3.5; // of the powers of two
  const RANGES = { sigmoid: [0, 1], tanh: [-1, 1] };
  const rows = (random, n) => Array.from({ length: n }, () => normals(random, WIDTH));
  let drawn = {};

  function draw({ name, power, depth, again }, width) {
    if (drawn.again !== again) {
      const random = generator(again + 1);
      drawn = { again, x: rows(random, INPUTS), weights: Array.from({ length: DEPTH }, () => rows(random, WIDTH)) };
    }
    const gain = 2 ** power, deviation = gain / Math.sqrt(WIDTH);
    const layers = forward(drawn.x, drawn.weights.slice(0, depth), deviation, name);
    const found = layers.map((zs) => measured(zs, name));
    const theory = forwardVariance(WIDTH, depth, deviation, name);

    const tall = Math.round(width * 0.36), left = 64, wide = width - left - 12;
    const across = { from: 0.5, to: depth + 0.5, label: "layer" };
    const powers = !RANGES[name], [from, to] = RANGES[name] || [-12, 12];
    const above = axes([left, 10, wide, tall], across,
      { from, to, label: powers ? "size of the activation" : "activation", log: powers });
    const cells = layers.flatMap((zs, i) => {
      const values = activated(name, zs.flat()).map(([a]) => a);
      const sizes = values.filter((a) => a !== 0).map((a) => Math.log10(Math.abs(a)));
      const counts = histogram(powers ? sizes : values, from, to, BINS), most = Math.max(...counts, 1);
      const x = above.x(i + 0.5), step = above.x(1.5) - above.x(0.5), high = tall / BINS;
      return counts.map((count, k) => count && `<rect class="gradus-cell" x="${pixel(x)}" ` +
        `y="${pixel(10 + tall - (k + 1) * high)}" width="${pixel(step + 0.2)}" height="${pixel(high + 0.2)}" ` +
        `fill-opacity="${Math.sqrt(count / most).toFixed(2)}"/>`);
    });
    const logs = theory.map(Math.log10);
    // The same for all sizes: an axis that moved would run away from what is dragged along it.
    const [low, high] = powers ? [-20, 20] : [-6, 4];
    const below = axes([left, tall + 70, wide, tall], across, { from: low, to: high, label: "variance of z", log: true });
    const end = Math.max(logs.findLastIndex((q) => q >= low && q <= high), 0), falls = logs[end] < logs[0];
    // On either side of the line, where it leaves them room.
    const at = Math.min(end, Math.max(end >> 1, Math.ceil((70 * depth) / wide - 0.5)));
    const named = (words, style, under) => label(below, [at + 1, logs[at]], words, style,
      [under === falls ? -8 : 8, under ? 20 : -10], under === falls ? "end" : "start");
    const points = found.map(([q], i) => dot(below, [i + 1, Math.log10(q)], "gradus-1", 3));
    const lines = line(below, logs.map((q, i) => [i + 1, q]), "gradus-ink") + points.join("");

    const last = found.at(-1), factor = (last[0] / found[0][0]) ** (1 / (depth - 1));
    const percent = (share) => `${Math.round(100 * share)} %`;
    const fate = factor > 1.1 ? "it explodes" : factor < 0.9 ? "it dies out" : "it keeps its size";
    const lost = last[2] < 0.01 * found[0][2] && factor >= 0.9;
    const shown = [...new Set([1, Math.ceil(depth / 2), depth])];
    return {
      height: 2 * tall + 112,
      svg: above.frame + above.inside(cells.filter(Boolean).join("")) + below.frame + below.inside(lines) +
        named("predicted", "gradus-ink", false) + named("measured", "gradus-1", true) +
        handle(below, [end + 1, logs[end]], "power"),
      alt: `Above, a histogram of the activations of each of ${depth} layers of ${name}, dark where many lie. Below, ` +
        "the variance of z in each layer, measured as dots and predicted as a line.",
      status: `${name}, standard deviation ${number(deviation)}: from layer to layer the variance of z is multiplied ` +
        `by ${number(factor)} on average: ${fate}.` +
        (lost ? " But a unit now says nearly the same for every input." : "") +
        (last[1] > 0.5 && RANGES[name]
          ? ` In the last layer ${percent(last[1])} of the slopes are below 0.01: saturated.` : ""),
      caption: `${name}, weights of size ${number(gain)} / √n with n = ${WIDTH}`,
      head: ["layer", "variance of z", "predicted", "slopes < 0.01", "between inputs"],
      rows: shown.map((k) => ["", k, number(found[k - 1][0]), number(theory[k - 1]), percent(found[k - 1][1]),
        number(found[k - 1][2])]),
      drag: {
        /** The size whose predicted line goes through the pointer. */
        power(px, py, set) {
          const layer = Math.min(Math.max(Math.round(below.fromX(px)), 1), depth), wanted = below.fromY(py);
          let [least, most] = [-MOST, MOST];
          for (let k = 0; k < 8; k++) {
            const middle = (least + most) / 2;
            const q = forwardVariance(WIDTH, layer, 2 ** middle / Math.sqrt(WIDTH), name).at(-1);
            if (Math.log10(q) < wanted) least = middle;
            else most = middle;
          }
          set("power", least);
        },
      },
    };
  }

  define("initialization", {
    title: "Activations over depth, with controls",
    draw,
    controls: [
      { label: "Networks", presets: {
        "He's size": { name: "ReLU", power: 0.5, depth: DEPTH }, "half of it": { name: "ReLU", power: -0.5, depth: DEPTH },
        "twice": { name: "ReLU", power: 1.5, depth: DEPTH }, "sigmoid": { name: "sigmoid", power: 0, depth: DEPTH } } },
      { name: "name", label: "Activation", options: Object.keys(ACTIVATIONS) },
      { name: "power", label: "Size of weights × √n", min: -MOST, max: MOST, step: 0.125, value: 0.5,
        text: (v) => number(2 ** v) },
      { name: "depth", label: "Layers", min: 2, max: DEPTH, step: 1, value: DEPTH },
      { name: "again", label: "Draw new weights" },
    ],
  });
})();
