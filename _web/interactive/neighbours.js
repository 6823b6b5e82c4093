// Nearest neighbours that vote: the regions of their answers, and both kinds of errors by their number.
(() => {
  "use strict";
  const MOST = 59;

  /** For each place the numbers of the points nearest to it, the nearest first. */
  const nearest = (points, places, most = MOST) => places.map(([x, y]) => {
    const apart = points.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
    return [...apart.keys()].sort((i, j) => apart[i] - apart[j]).slice(0, most);
  });

  /** Whether the first k neighbours vote for class 1, of the classes 0 and 1. */
  const answer = (order, labels, k) => 2 * order.slice(0, k).reduce((sum, i) => sum + labels[i], 0) > k;

  /** The share of wrong answers by 1, 2, ... neighbours. */
  function errors(orders, labels, wanted) {
    const wrong = orders[0].map(() => 0);
    orders.forEach((order, place) => {
      let votes = 0;
      order.forEach((i, k) => {
        votes += labels[i];
        wrong[k] += (2 * votes > k + 1) !== Boolean(wanted[place]);
      });
    });
    return wrong.map((count) => count / orders.length);
  }

  /** The wave, and on which side of it a point lies. */
  const wave = (x) => 0.5 + 0.3 * Math.sin(5 * x), truth = ([x, y]) => Number(y > wave(x));

  if (typeof module !== "undefined") {
    module.exports = { nearest, answer, errors, truth };
    return;
  }

  const { number, pixel, axes, line, dot, handle, label, generator, define } = Gradus;
  const [POINTS, OTHERS, ACROSS, UP] = [200, 600, 60, 30];
  const cells = Array.from({ length: ACROSS * UP }, (_, i) => [(2 * ((i % ACROSS) + 0.5)) / ACROSS, (Math.floor(i / ACROSS) + 0.5) / UP]);
  const odd = Array.from({ length: (MOST + 1) / 2 }, (_, i) => 2 * i + 1);
  let drawn = {};

  /** One draw of all points; who is near to whom does not depend on the labels. */
  function data(again) {
    if (drawn.again === again) return drawn;
    const random = generator(again + 1), some = (n) => Array.from({ length: n }, () => [2 * random(), random()]);
    const points = some(POINTS), others = some(OTHERS), luck = points.map(random);
    drawn = { again, points, luck, wanted: others.map(truth), own: nearest(points, points),
      near: nearest(points, others), map: nearest(points, cells) };
    return drawn;
  }

  function draw({ k, wrong, x, y, again }, width) {
    const { points, luck, wanted, own, near, map } = data(again), at = (k - 1) / 2;
    const labels = points.map((p, i) => (luck[i] < wrong / 100 ? 1 - truth(p) : truth(p)));
    const left = 56, wide = width - left - 14, tall = wide / 2, low = Math.max(120, Math.round(width * 0.22));
    const above = axes([left, 10, wide, tall], { from: 0, to: 2 }, { from: 0, to: 1 });
    const below = axes([left, tall + 40, wide, low], { from: 0, to: 60, label: "number of neighbours" }, { from: 0, to: 0.6, label: "error" });
    const [training, other] = [errors(own, labels, labels), errors(near, labels, wanted)].map((all) => odd.map((n) => all[n - 1]));
    const size = wide / ACROSS, shade = map.map((order, i) => (answer(order, labels, k) ? ""
      : `M${pixel(above.x(cells[i][0]) - size / 2)},${pixel(above.y(cells[i][1]) - size / 2)}h${size.toFixed(2)}v${size.toFixed(2)}h${(-size).toFixed(2)}z`));
    const marks = points.map((p, i) => (labels[i] ? `<rect class="gradus-dot gradus-1" x="${pixel(above.x(p[0]) - 3)}" ` +
      `y="${pixel(above.y(p[1]) - 3)}" width="6" height="6"/>` : dot(above, p, "gradus-0", 3)));
    const border = Array.from({ length: 101 }, (_, i) => [i / 50, wave(i / 50)]);
    const [order] = nearest(points, [[x, y]]), last = points[order[k - 1]], squares = order.slice(0, k).filter((i) => labels[i]).length;
    const ring = `<circle class="gradus-line gradus-ink" cx="${pixel(above.x(x))}" cy="${pixel(above.y(y))}" ` +
      `r="${pixel((Math.hypot(last[0] - x, last[1] - y) * wide) / 2)}"/>`;
    const curve = (values, style) => line(below, odd.map((n, i) => [n, values[i]]), style);
    const least = (values) => values.indexOf(Math.min(...values));
    const row = (style, name, values) => [style, name, number(values[at]), String(odd[least(values)]), number(Math.min(...values))];
    return {
      height: tall + low + 82,
      svg: above.frame + above.inside(`<path class="gradus-cell" fill-opacity="0.2" d="${shade.join("")}"/>` + marks.join("") +
          line(above, border, "gradus-dotted") + ring) +
        label(above, [x, y], `${squares} of ${k} say square`, "gradus-ink", [x > 1.2 ? -12 : 12, y > 0.85 ? 20 : -10], x > 1.2 ? "end" : "start") +
        handle(above, [x, y], "place") +
        below.frame + below.inside(curve(training, "gradus-1") + curve(other, "gradus-0")) +
        label(below, [MOST, training[29]], "training points", "gradus-1", [-2, training[29] < other[29] ? 16 : -8], "end") +
        label(below, [MOST, other[29]], "other points", "gradus-0", [-2, training[29] < other[29] ? -8 : 16], "end") +
        handle(below, [k, other[at]], "k", "gradus-0"),
      alt: `Above, ${POINTS} points, circles below a wave and squares above it but for the wrong labels; where ${k} neighbours ` +
        "say circle it is shaded. Below, the errors on the training points and on others against the number of neighbours.",
      status: `With ${wrong} % of the labels wrong, ${k > 1 ? `${k} neighbours have` : "one neighbour has"} the error ${number(training[at])} on the training ` +
        `points, and ${number(other[at])} on ${OTHERS} others with the right labels. At the mark the answer is ${2 * squares > k ? "square" : "circle"}.`,
      caption: `Errors, on this draw of ${POINTS} points`,
      head: ["points", `with ${k}`, "fewest at", "there"],
      rows: [row("gradus-1", "training", training), row("gradus-0", "others", other)],
      drag: {
        place(px, py, set) { set("x", above.fromX(px)); set("y", above.fromY(py)); },
        k(px, py, set) { set("k", below.fromX(px)); },
      },
    };
  }

  define("neighbours", {
    title: "Neighbours that vote, with controls for their number and for wrong labels",
    draw,
    controls: [
      { label: "Neighbours", presets: {
        "one neighbour": { k: 1, wrong: 20 }, "nine neighbours": { k: 9, wrong: 20 },
        "fifty-nine": { k: 59, wrong: 20 }, "no wrong labels": { k: 1, wrong: 0 } } },
      { name: "k", label: "Neighbours", min: 1, max: MOST, step: 2, value: 1 },
      { name: "wrong", label: "Wrong labels", min: 0, max: 40, step: 1, value: 20, text: (v) => `${v} %` },
      { name: "x", label: "Mark, across", min: 0, max: 2, step: 0.02, value: 0.8 },
      { name: "y", label: "Mark, up", min: 0, max: 1, step: 0.02, value: 0.8 },
      { name: "again", label: "Draw new points" },
    ],
  });
})();
