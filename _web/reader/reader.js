// What the reader's own browser knows of the book: how much of each chapter was solved, and where they
// stopped. It stands in the contents, in the heading of each exercise, and on the first page with a way back.
//
// `gradusBook` has the names of each chapter's exercises; that one is solved is kept by "Try it here" under
// "gradus/CHAPTER/EXERCISE", the place under "gradus/place". Where nothing is kept, the page stays as it is.
"use strict";
(() => {
  const SITE = new URL("..", document.currentScript.src);
  const PLACE = "gradus/place";

  const kept = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const chapterOf = ({ pathname }) => {
    const [, name] = /^chapters\/([\w-]+)\.html$/.exec(pathname.slice(SITE.pathname.length)) ?? [];
    return gradusBook[name] && name;
  };
  const links = (where) => [...document.querySelectorAll(where)].filter(chapterOf);
  /** Words of a heading, without the link to itself. */
  const words = (heading) => [...heading.childNodes].filter((n) => !n.classList?.contains("headerlink"))
    .map((node) => node.textContent).join("").trim();

  /** Beside each link, how many of its chapter's exercises were solved. */
  function count(where, text) {
    for (const link of links(where)) {
      const chapter = chapterOf(link), all = gradusBook[chapter];
      const solved = all.filter((name) => kept(`gradus/${chapter}/${name}`)?.solved === true).length;
      const said = link.querySelector(".gradus-done") ?? link.appendChild(document.createElement("span"));
      said.className = "gradus-done";
      said.innerHTML = text(solved, all.length);
    }
  }

  function show() {
    const hidden = (words) => `<span class="visually-hidden">${words}</span>`;
    count(".bd-sidebar-primary li > a", (solved, all) => `${hidden(", ")}${solved}/${all}${hidden(" solved")}`);
    for (const state of document.querySelectorAll(".gradus-state")) {
      const name = state.closest("[id]").id.replace("exercise-", "");
      const solved = kept(`gradus/${chapterOf(location)}/${name}`)?.solved === true;
      state.textContent = solved ? "✓ solved" : "not solved yet";
      state.classList.toggle("gradus-solved", solved);
    }
    const start = document.querySelector("a.gradus-start");
    if (!start) return;
    count(".gradus-parts li a", (solved, all) => (solved ? `${solved} of ${all} solved` : ""));
    const place = kept(PLACE);
    if (!gradusBook[place?.chapter]) return;
    start.href = new URL(`chapters/${place.chapter}.html${place.id ? `#${place.id}` : ""}`, SITE).href;
    start.textContent = `Continue: ${place.title}`;
  }

  /** Keep where the reader is: the chapter, and its last section that has come to the upper part of the window. */
  function note() {
    const chapter = chapterOf(location), title = document.querySelector(".bd-article h1");
    if (!chapter || !title) return;
    const begun = [...document.querySelectorAll(".bd-article > section > section")].filter(
      (section) => section.getBoundingClientRect().top < innerHeight / 2);
    const section = scrollY > 0 ? begun.at(-1) : undefined; // at the top, the chapter itself
    const names = [words(title).split(":")[0], ...(section ? [words(section.querySelector("h2"))] : [])];
    try {
      localStorage.setItem(PLACE, JSON.stringify({ chapter, id: section?.id, title: names.join(", ") }));
    } catch {
      // Then the first page says "Start", as it does to somebody new.
    }
  }

  show();
  note();
  addEventListener("gradus-solved", show); // here, and
  addEventListener("storage", show); // in another window
  addEventListener("pageshow", ({ persisted }) => persisted && show());
  addEventListener("pagehide", note);
  document.addEventListener("visibilitychange", () => document.hidden && note());
})();
