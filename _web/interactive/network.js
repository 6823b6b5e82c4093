// The graph of f = (u + v) max(v, w): values step by step forward, gradients step by step back.
(() => {
  "use strict";
  // Each operation [result, left, right, its value, its derivatives by left and right], in their order.
  const OPERATIONS = [
    ["s", "u", "v", (a, b) => a + b, () => [1, 1]],
    ["m", "v", "w", Math.max, (a, b) => (a > b ? [1, 0] : [0, 1])],
    ["f", "s", "m", (a, b) => a * b, (a, b) => [b, a]],
  ];
  const LAST = 2 * OPERATIONS.length + 1;

  /** After some steps: the values, what came back along each arrow, and the gradients, as far as they are known.
      Three steps forward, one that puts 1 at f, three back through the operations from the last to the first. */
  function graph(u, v, w, steps) {
    const values = { u, v, w }, back = {}, gradients = {};
    for (const [out, a, b, value] of OPERATIONS.slice(0, steps)) values[out] = value(values[a], values[b]);
    if (steps > OPERATIONS.length) gradients.f = 1;
    for (const [out, a, b, , slopes] of OPERATIONS.toReversed().slice(0, Math.max(steps - OPERATIONS.length - 1, 0))) {
      slopes(values[a], values[b]).forEach((slope, i) => {
        const into = [a, b][i], part = gradients[out] * slope;
        back[out + into] = [gradients[out], slope, part];
        gradients[into] = (gradients[into] ?? 0) + part;
      });
    }
    return { values, back, gradients };
  }

  /** The slope of f by central differences, for each input. */
  function differences(u, v, w, h = 1e-5) {
    const f = (...at) => graph(...at, OPERATIONS.length).values.f, at = [u, v, w];
    return at.map((x, i) => (f(...at.with(i, x + h)) - f(...at.with(i, x - h))) / (2 * h));
  }

  if (typeof module !== "undefined") {
    module.exports = { graph, differences };
    return;
  }

  const { number, pixel, define } = Gradus;
  const NODES = { // column, row, words
    u: [0, 0, "u"], v: [0, 1, "v"], w: [0, 2, "w"],
    s: [1, 0.4, "s = u + v"], m: [1, 1.6, "m = max(v, w)"], f: [2, 1, "f = s m"],
  };
  const SAID = { s: "A sum hands its gradient on to both sides.", f: "A product gives each factor the gradient times the other.",
    m: "A maximum sends all of it to the larger one." };

  function draw({ u, v, w, step }, width) {
    const { values, back, gradients } = graph(u, v, w, step), known = (kind, name) => name in kind;
    const high = 58, tall = Math.max(96, Math.round(width * 0.19)), [narrow, broad] = width < 460 ? [62, 98] : [76, 124];
    const middle = [narrow / 2 + 2, width * 0.49, width - narrow / 2 - 6];
    const wide = (name) => (name === "s" || name === "m" ? broad : narrow);
    const at = (name) => [middle[NODES[name][0]], NODES[name][1] * tall + high / 2 + 4];
    const order = ["s", "m", "f"], now = step === 0 ? "" : step <= 3 ? order[step - 1] : order[LAST - step] ?? "f";
    const arrows = OPERATIONS.flatMap(([out, a, b]) => [a, b].map((from) => {
      const [x1, y1] = at(from), [x2, y2] = at(out), [begin, end] = [x1 + wide(from) / 2, x2 - wide(out) / 2];
      const part = back[out + from], angle = (Math.atan2(y2 - y1, end - begin) * 180) / Math.PI;
      const active = part ? step > 3 && out === now : step <= 3 && out === now;
      const shown = part && `<text class="gradus-label gradus-1" text-anchor="middle" x="${pixel(begin + 0.5 * (end - begin))}" ` +
        `y="${pixel(y1 + 0.5 * (y2 - y1) + 4)}">${part[0] === 1 ? number(part[2]) : `${number(part[0])} · ${number(part[1])}`}</text>`;
      return `<path class="gradus-line ${part ? "gradus-1" : "gradus-ink"}" stroke-opacity="${active ? 1 : 0.45}" ` +
        `d="M${pixel(begin)},${pixel(y1)}L${pixel(end)},${pixel(y2)}"/>` +
        `<path transform="translate(${part ? `${pixel(begin)},${pixel(y1)}) rotate(${pixel(angle + 180)}` : `${pixel(end)},${pixel(y2)}) rotate(${pixel(angle)}`})" ` +
        `class="${part ? "gradus-arrow gradus-1" : "gradus-arrow"}" d="M0,0l-9,-4v8z"/>${shown || ""}`;
    }));
    const boxes = Object.entries(NODES).map(([name, [, , words]]) => {
      const [x, y] = at(name), wider = wide(name);
      const text = (dx, dy, style, content) => `<text class="gradus-label ${style}" text-anchor="middle" ` +
        `x="${pixel(x + dx)}" y="${pixel(y + dy)}">${content}</text>`;
      return `<rect class="gradus-square gradus-box${name === now ? " gradus-now" : ""}" x="${pixel(x - wider / 2)}" y="${pixel(y - high / 2)}" width="${wider}" ` +
        `height="${high}" rx="6"/>` + text(0, -8, "", words) +
        (known(values, name) ? text(-wider / 4, 16, "gradus-0", number(values[name])) : "") +
        (known(gradients, name) ? text(wider / 4, 16, "gradus-1", number(gradients[name])) : "");
    });
    const signed = (x) => (x < 0 ? `(${number(x)})` : number(x));
    const slopes = differences(u, v, w), all = step === LAST;
    const said = step === 0 ? "Only the inputs are known. Forward, every operation makes a value." :
      step <= 3 ? `Forward: ${NODES[now][2]} is ${number(values[now])}.` :
        step === 4 ? "Back: the gradient of f by itself is 1." :
          `Back through ${now}: ${SAID[now]}${step === 6 ? ` v has ${number(gradients.v)} so far.` : ""}` +
          (all ? ` v is used twice, and what comes back adds up: ${number(back.mv[2])} + ${signed(back.sv[2])} = ${number(gradients.v)}.` : "");
    const tie = all && v === w ? " v = w is a kink: the graph takes one side, the difference the mean of both." : "";
    return {
      height: 2 * tall + high + 10,
      svg: arrows.join("") + boxes.join(""),
      alt: "A graph: u and v lead to s = u + v, v and w to m = max(v, w), s and m to f = s m. " +
        `In each node its value and, after it, its gradient, as far as ${step} of ${LAST} steps know them; the table has them, too.`,
      status: said + tie,
      caption: `After ${step} of ${LAST} steps: values (blue), gradients of f (red)`,
      head: ["node", "value", "gradient", "by differences"],
      rows: Object.keys(NODES).map((name, i) => ["", NODES[name][2], ...[values, gradients].map((kind) =>
        (known(kind, name) ? number(kind[name]) : "–")), i < 3 && all ? number(Number(slopes[i].toFixed(6))) : "–"]),
    };
  }

  function react({ step }, name, set) {
    if (name === "next") set("step", step < LAST ? step + 1 : 0);
    if (name === "before") set("step", step > 0 ? step - 1 : LAST);
  }

  const input = (name, value) => ({ name, label: name, min: -3, max: 3, step: 0.5, value });
  define("network", {
    title: "Values forward and gradients back on a graph, with controls",
    draw, react,
    controls: [
      { label: "Inputs", presets: { "w is larger": { u: 1, v: 2, w: 3 }, "two ways that cancel": { u: -2, v: 1, w: -1 },
        "a kink": { u: 1, v: 2, w: 2 }, "as in the text": { u: 1, v: 2, w: -1 } } },
      input("u", 1), input("v", 2), input("w", -1),
      { name: "step", label: "Step", min: 0, max: LAST, step: 1, value: LAST, text: (at) => `${at} of ${LAST}` },
      { name: "before", label: "Back by a step" }, { name: "next", label: "On by a step" },
    ],
  });
})();
