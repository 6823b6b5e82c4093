// What the interactive figures share: controls, axes, a status line, a table of results.
//
// define("NAME", {title, controls, draw}) makes the element <gradus-NAME>. Without this script the
// reader sees what the element holds, the static figure; so does the printed page.
//   controls  sliders {name, label, min, max, step, value, text}, choices {name, label, options,
//             value} and buttons {name, label}, each a key of `settings`; a button counts its clicks;
//             {label, presets: {words: {name: value, ...}}}: buttons that move what they name, or put
//             what has no control into `settings`
//   draw      (settings, width) -> {height, svg, alt, status, caption, head, rows, drag}: what to show;
//             a row begins with the style of its line, "" if it has none; drag has a function
//             (x, y, set) for each `handle`, of pixels: for a mouse or a finger what sliders are for keys
//   react     optional: (settings, name, set) after `name` changed; set(name, value) moves another
"use strict";
const Gradus = (() => {
  let count = 0;

  function make(tag, attributes = {}, ...content) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...content);
    return node;
  }

  /** A number for readers: three digits, and a real minus sign. */
  function number(x, digits = 3) {
    if (x === 0) return "0";
    const size = Math.abs(x), far = size >= 1e5 || size < 1e-3;
    const text = far ? x.toExponential(digits - 2) : String(Number(x.toPrecision(digits)));
    return text.replace("e+", "e").replaceAll("-", "−");
  }

  /** A number for an attribute: never NaN, never far outside of the figure. */
  const pixel = (x) => (Number.isNaN(x) ? 0 : Math.min(Math.max(x, -1e4), 1e4)).toFixed(1);

  /** Round numbers in [low, high], about `wanted` of them. */
  function ticks(low, high, wanted = 5) {
    const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    return found;
  }

  /** Axes in the rectangle [left, top, width, height]: frame (SVG), x and y (to pixels), inside (a clip).
      An axis is {from, to, label, log, ticks, text}; log: its values are powers of ten; text: what a tick says. */
  function axes([left, top, width, height], x, y) {
    const toX = (v) => left + ((v - x.from) / (x.to - x.from)) * width;
    const toY = (v) => top + height - ((v - y.from) / (y.to - y.from)) * height;
    const words = ({ log, text = number }, v) =>
      log ? `10<tspan dy="-5" font-size="9">${number(v)}</tspan>` : text(v);
    const across = (x.ticks || ticks(x.from, x.to, width / 70)).map((v) =>
      `<path d="M${pixel(toX(v))},${top + height}v4"/>` +
      `<text x="${pixel(toX(v))}" y="${top + height + 17}" text-anchor="middle">${words(x, v)}</text>`);
    const up = (y.ticks || ticks(y.from, y.to, height / 40)).map((v) =>
      `<path d="M${left},${pixel(toY(v))}h-4"/>` +
      `<text x="${left - 7}" y="${pixel(toY(v) + 4)}" text-anchor="end">${words(y, v)}</text>`);
    const name = `gradus-clip-${++count}`, middle = top + height / 2;
    const frame =
      `<g class="gradus-axes"><path d="M${left},${top}v${height}h${width}"/>${across.join("")}${up.join("")}` +
      `<text x="${left + width / 2}" y="${top + height + 34}" text-anchor="middle">${x.label || ""}</text>` +
      `<text transform="translate(12,${middle}) rotate(-90)" text-anchor="middle">${y.label || ""}</text></g>`;
    const inside = (content) =>
      `<clipPath id="${name}"><rect x="${left}" y="${top}" width="${width}" height="${height}"/></clipPath>` +
      `<g clip-path="url(#${name})">${content}</g>`;
    const fromX = (p) => x.from + ((p - left) / width) * (x.to - x.from);
    const fromY = (p) => y.from + ((top + height - p) / height) * (y.to - y.from);
    return { frame, inside, x: toX, y: toY, fromX, fromY };
  }

  const isFinite = (point) => point.every(Number.isFinite);

  /** A line through points [[x, y], ...] up to the first that is not finite. */
  function line(plot, points, style) {
    const end = points.findIndex((point) => !isFinite(point));
    const places = points.slice(0, end < 0 ? undefined : end).map(([x, y]) => `${pixel(plot.x(x))},${pixel(plot.y(y))}`);
    return `<polyline class="gradus-line ${style}" points="${places.join(" ")}"/>`;
  }

  const dot = (plot, [x, y], style, radius = 4) => isFinite([x, y])
    ? `<circle class="gradus-dot ${style}" cx="${pixel(plot.x(x))}" cy="${pixel(plot.y(y))}" r="${radius}"/>` : "";

  /** What can be dragged to move a point; `name` is its key in what draw returns as `drag`. */
  const handle = (plot, [x, y], name, style = "gradus-ink") => {
    const at = `cx="${pixel(plot.x(x))}" cy="${pixel(plot.y(y))}"`;
    return `<g class="gradus-handle ${style}" data-drag="${name}"><circle ${at} r="16" fill-opacity="0"/>` +
      `<circle class="gradus-grip" ${at} r="6"/></g>`;
  };

  /** The name of a line, [dx, dy] pixels from a point of it. */
  const label = (plot, [x, y], words, style, [dx, dy] = [0, -6], anchor = "start") =>
    `<text class="gradus-label ${style}" text-anchor="${anchor}" ` +
    `x="${pixel(plot.x(x) + dx)}" y="${pixel(plot.y(y) + dy)}">${words}</text>`;

  /** The names [words, style] of the first of some lines of points, each where it is far from the others
      and touches no line; where there is no such place, only the table has the name. */
  function beside(plot, lines, names) {
    const shown = lines.map((points) => points.map(([x, y]) => [plot.x(x), plot.y(y)])), taken = [];
    const all = shown.flatMap((points) => points.slice(1).flatMap(([x, y], i) => Array.from({ length: 20 }, (_, k) =>
      [x + ((points[i][0] - x) * k) / 20, y + ((points[i][1] - y) * k) / 20])));
    return names.map(([words, style], k) => {
      const far = (i) => Math.min(...names.map((_, j) => (j === k ? Infinity : Math.abs(shown[j][i][1] - shown[k][i][1]))));
      const long = 7.5 * words.length, order = [...shown[k].keys()].sort((i, j) => far(j) - far(i));
      for (const i of order) for (const [dx, dy] of [[6, -8], [6, 18], [-6, -8], [-6, 18]]) {
        const [x, y] = shown[k][i], left = x + dx - (dx < 0 ? long : 0), base = y + dy;
        const hit = (a, b) => a > left - 4 && a < left + long + 4 && b > base - 13 && b < base + 5;
        if (left < plot.x(lines[0][0][0]) || left + long > plot.x(lines[0].at(-1)[0]) + 10 || base > plot.y(0) - 3 ||
          all.some(([a, b]) => hit(a, b)) || taken.some(([a, b, w]) => a < left + long && left < a + w && Math.abs(b - base) < 14)) continue;
        taken.push([left, base, long]);
        return label(plot, lines[k][i], words, style, [dx, dy], dx < 0 ? "end" : "start");
      }
      return "";
    }).join("");
  }

  /** Level lines of f(x, y), with equal areas between them, found in the cells of a grid. */
  function contours(plot, f, x, y, levels = 12, n = 72) {
    const at = (axis, i) => axis.from + ((axis.to - axis.from) * i) / n, side = [...Array(n + 1).keys()];
    const grid = side.map((i) => side.map((j) => f(at(x, i), at(y, j))));
    const sorted = grid.flat().sort((a, b) => a - b), parts = [];
    for (let k = 0; k < levels; k++) {
      const level = sorted[Math.round((sorted.length - 1) * (0.02 + (0.93 * k) / (levels - 1)))];
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], cuts = [];
        corners.forEach(([a, b], c) => {
          const [p, q] = corners[(c + 1) % 4], here = grid[a][b] - level, there = grid[p][q] - level;
          if (here < 0 === there < 0) return;
          const t = here / (here - there);
          cuts.push(`${pixel(plot.x(at(x, a + t * (p - a))))},${pixel(plot.y(at(y, b + t * (q - b))))}`);
        });
        for (let c = 0; c + 1 < cuts.length; c += 2) parts.push(`M${cuts[c]}L${cuts[c + 1]}`);
      }
    }
    return `<path class="gradus-level" d="${parts.join("")}"/>`;
  }

  /** Numbers in [0, 1) that look random, the same for the same seed (mulberry32). */
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** n draws from the standard normal distribution (Box and Muller). */
  const normals = (random, n) => Array.from({ length: n }, () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

  function define(name, { title, controls, draw, react }) {
    if (customElements.get(`gradus-${name}`)) return;
    customElements.define(`gradus-${name}`, class extends HTMLElement {
      connectedCallback() {
        if (this.near) return;
        // Drawn when it comes near: a page should not wait for what is further down.
        this.near = new IntersectionObserver((entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          this.near.disconnect();
          this.start();
        }, { rootMargin: "300px" });
        this.near.observe(this);
      }

      start() {
        const still = [...this.childNodes];
        try {
          this.build();
          this.show();
        } catch (error) {
          this.replaceChildren(...still); // the static figure
          throw error;
        }
      }

      build() {
        const still = make("div", { class: "gradus-still" });
        still.append(...this.childNodes);
        this.play = make("div", { class: "gradus-play", role: "group", "aria-label": title });
        this.append(this.play, still);
        this.settings = {};
        this.inputs = {};
        const rows = make("div", { class: "gradus-controls" });
        for (const control of controls) rows.append(this.control(control));
        this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        this.svg.setAttribute("role", "img");
        this.table = make("table");
        this.status = make("p", { role: "status" });
        this.play.append(rows, this.svg, this.status, this.table);
        this.follow();
        new ResizeObserver(() => this.play.clientWidth !== this.width && this.later()).observe(this.play);
      }

      /** What has a handle follows the pointer. */
      follow() {
        let held = "";
        // Else a finger would scroll the page; `touch-action` does not stop it on parts of a drawing.
        this.svg.addEventListener("touchstart", (event) => {
          if (event.target.closest("[data-drag]")) event.preventDefault();
        }, { passive: false });
        this.svg.addEventListener("pointerdown", (event) => {
          held = event.target.closest("[data-drag]")?.dataset.drag;
          if (!held) return;
          this.svg.setPointerCapture(event.pointerId); // its own circle goes with the next drawing
          event.preventDefault();
        });
        this.svg.addEventListener("pointermove", ({ clientX, clientY }) => {
          if (!held) return;
          const { left, top, width } = this.svg.getBoundingClientRect();
          const scale = this.svg.viewBox.baseVal.width / width;
          this.drag[held]((clientX - left) * scale, (clientY - top) * scale, (key, v) => this.change(key, v));
        });
        for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, () => { held = ""; });
      }

      /** Buttons that move several controls at once; that of the present settings is marked. */
      choose(words, presets) {
        this.presets = Object.entries(presets).map(([name, wanted]) => {
          const button = make("button", { type: "button" }, name);
          button.addEventListener("click", () => {
            for (const [key, v] of Object.entries(wanted)) this.put(key, v);
            this.later();
          });
          return [button, Object.entries(wanted)];
        });
        const buttons = this.presets.map(([button]) => button);
        return make("div", { class: "gradus-presets", role: "group", "aria-label": words }, ...buttons);
      }

      control({ name: key, label, options, value, min, max, step, text, presets }) {
        if (presets) return this.choose(label, presets);
        const id = `gradus-control-${++count}`;
        if (!options && max === undefined) {
          this.settings[key] = 0;
          const button = make("button", { type: "button" }, label);
          button.addEventListener("click", () => this.change(key, this.settings[key] + 1));
          return make("div", {}, button);
        }
        const input = options
          ? make("select", { id }, ...options.map((option) => make("option", {}, option)))
          : make("input", { id, type: "range", min, max, step });
        const shown = make("output", { for: id, "aria-live": "off" });
        const read = () => (options ? input.value : Number(input.value));
        this.inputs[key] = (wanted) => {
          input.value = wanted;
          this.settings[key] = read();
          if (options) return;
          shown.textContent = text ? text(read()) : number(read());
          input.setAttribute("aria-valuetext", shown.textContent);
        };
        this.inputs[key](value ?? options[0]);
        input.addEventListener("input", () => this.change(key, read()));
        return make("div", {}, make("label", { for: id }, label), input, ...(options ? [] : [shown]));
      }

      put(key, value) {
        if (this.inputs[key]) this.inputs[key](value);
        else this.settings[key] = value;
      }

      change(key, value) {
        this.put(key, value);
        if (react) react(this.settings, key, (other, wanted) => this.inputs[other](wanted));
        this.later();
      }

      later() {
        cancelAnimationFrame(this.frame);
        this.frame = requestAnimationFrame(() => this.show());
      }

      show() {
        this.width = this.play.clientWidth;
        const width = Math.min(Math.max(this.width || 600, 280), 640);
        const { height, svg, alt, status, caption, head, rows, drag } = draw(this.settings, width);
        this.drag = drag;
        for (const [button, wanted] of this.presets || [])
          button.setAttribute("aria-current", wanted.every(([key, v]) => this.settings[key] === v));
        this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        this.svg.style.maxWidth = `${width}px`;
        this.svg.setAttribute("aria-label", alt);
        this.svg.innerHTML = svg;
        const key = (style) => `<svg class="gradus-key" aria-hidden="true" width="34" height="8">` +
          `<line class="gradus-line ${style}" x1="0" y1="4" x2="34" y2="4"/></svg> `;
        const header = head.map((words) => `<th scope="col">${words}</th>`).join("");
        const body = rows.map(([style, name, ...cells]) =>
          `<tr><th scope="row">${style && key(style)}${name}</th>` +
          `${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
        this.table.innerHTML = `<caption>${caption}</caption><thead><tr>${header}</tr></thead>` +
          `<tbody>${body.join("")}</tbody>`;
        // Not at every notch of a slider: a screen reader would never finish a sentence.
        clearTimeout(this.timer);
        const say = () => { this.status.textContent = status; };
        if (this.status.textContent) this.timer = setTimeout(say, 400);
        else say();
      }
    });
  }

  return { number, pixel, ticks, axes, line, dot, handle, label, beside, contours, generator, normals, define };
})();
if (typeof module !== "undefined") module.exports = Gradus;
