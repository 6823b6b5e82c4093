// An equation, a figure of this page or a term of the glossary that a link leads to, shown beside the link: under
// the pointer, and when the link has the focus. Escape closes it. Another page is fetched when it is asked for.
"use strict";
(() => {
  const LINK = `a.reference:is([href*="#equation-"], [href^="#fig-"], [href*="glossary.html#term-"])`;
  // Of an interactive figure the one that stands still, which the caption is about.
  const FIGURE = ".gradus-figure :is(svg:not(.gradus-play *), figcaption)";
  const box = document.createElement("div");
  Object.assign(box, { id: "gradus-preview", className: "gradus-preview", hidden: true, role: "tooltip" });
  let current = null, clock = 0;
  const pages = new Map([[location.pathname, document]]);

  const parsed = async (url) => {
    const response = await fetch(url);
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  /** What a link leads to: a formula, a figure, or what the glossary says of a term. */
  async function found(link) {
    const id = decodeURIComponent(link.hash.slice(1)), { pathname } = link;
    if (!pages.has(pathname)) {
      if (location.protocol === "file:") return []; // which browsers do not let fetch
      pages.set(pathname, parsed(link.href));
    }
    let node = (await pages.get(pathname)).getElementById(id);
    if (id.startsWith("equation-")) return [...(node?.querySelectorAll(".katex-display > .katex") ?? [])];
    if (id.startsWith("fig-")) {
      // Not what a prediction still hides.
      return node?.closest("[hidden]") || node?.querySelector("[hidden] figure")
        ? [] : [...(node?.querySelectorAll(FIGURE) ?? [])];
    }
    while (node && node.tagName !== "DD") node = node.nextElementSibling;
    return [...(node?.childNodes ?? [])];
  }

  function put(nodes) {
    box.replaceChildren(...nodes.map((node) => document.importNode(node, true)));
    // Read aloud, a formula is its TeX: browsers make no words of MathML in a description.
    const tex = [...box.querySelectorAll("annotation")].map((node) => node.textContent.trim()).join(" ");
    if (nodes[0].classList?.contains("katex")) box.setAttribute("aria-label", tex);
    else box.removeAttribute("aria-label");
    // No second target of a link, and no place to stop at.
    for (const node of box.querySelectorAll("[id]")) node.removeAttribute("id");
    for (const node of box.querySelectorAll("[tabindex]")) node.removeAttribute("tabindex");
    for (const node of box.querySelectorAll("a")) node.replaceWith(...node.childNodes);
  }

  async function show(link) {
    clearTimeout(clock);
    if (link === current) return;
    hide();
    current = link;
    const nodes = await found(link).catch(() => []);
    if (link !== current || !nodes.length) return;
    put(nodes);
    box.hidden = false;
    const { left, top, bottom } = link.getBoundingClientRect();
    const below = bottom + 4 + box.offsetHeight < innerHeight;
    const most = document.documentElement.clientWidth - box.offsetWidth - 8;
    box.style.left = `${scrollX + Math.max(8, Math.min(left, most))}px`;
    box.style.top = `${scrollY + (below ? bottom + 4 : top - 4 - box.offsetHeight)}px`;
    link.setAttribute("aria-describedby", box.id);
  }

  function hide() {
    clearTimeout(clock);
    current?.removeAttribute("aria-describedby");
    current = null;
    box.hidden = true;
  }

  document.body.append(box);
  for (const event of ["mouseover", "focusin"]) {
    document.addEventListener(event, ({ target }) => {
      const link = target.closest?.(LINK);
      if (link) show(link);
      else if (box.contains(target)) clearTimeout(clock); // the pointer may go there, to scroll it
    });
  }
  for (const event of ["mouseout", "focusout"]) {
    document.addEventListener(event, ({ target }) => {
      if (!current || !(target.closest?.(LINK) || box.contains(target))) return;
      clearTimeout(clock);
      clock = setTimeout(() => current?.matches(":focus-visible") || hide(), 200);
    });
  }
  addEventListener("keydown", ({ key }) => key === "Escape" && hide());
})();
