// The search page: a result leads to its section, and a word that the book does not have counts as the
// nearest that it has. `sections.js` (_ext/gradus_search.py) hands over the index.
"use strict";
(() => {
  const MOST = 25, LETTERS = "abcdefghijklmnopqrstuvwxyz";
  const BEGINNING = 0.4; // what a word counts that only begins with what is looked for
  const NO_EXCERPT = `section, h1, h2, h3, h4, script, style, svg, details, .cell_input, .headerlink, .eqno,
    .katex-html, annotation, .gradus-overview`;
  const stemmer = new Stemmer();

  /** All that one slip of the keyboard makes of a word. */
  const slips = (word) =>
    [...word, ""].flatMap((_, at) => {
      const before = word.slice(0, at), after = word.slice(at);
      return [
        before + after.slice(1),
        before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2),
        ...[...LETTERS].flatMap((letter) => [before + letter + after, before + letter + after.slice(1)]),
      ];
    });

  /** In how many letters two words differ. */
  const distance = (one, other) => {
    let row = [...other, ""].map((_, at) => at);
    [...one].forEach((letter, i) => {
      const next = [i + 1];
      [...other].forEach((its, j) =>
        next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (letter === its ? 0 : 1))),
      );
      row = next;
    });
    return row.at(-1);
  };

  /** The terms of the index that a word stands for, with what each counts; and the word as it is read. */
  const understood = (word, terms) => {
    const known = (stem) => Object.hasOwn(terms, stem);
    const commonest = (all, stem) =>
      all.reduce((a, b) => (terms[stem(b)].length > terms[stem(a)].length ? b : a));
    const stemmed = (word) => stemmer.stemWord(word);
    const stem = stemmed(word);
    if (known(stem)) return { read: word, found: [[stem, 1]] };
    const longer = Object.keys(terms).filter((term) => term.startsWith(stem));
    if (longer.length) return { read: word, found: longer.map((term) => [term, BEGINNING]) };
    // British spelling; one slip in the word, whose ending may be another than the book's; two in its stem.
    const near = [word.replaceAll("is", "iz"), word.replaceAll("our", "or"), ...(word.length > 3 ? slips(word) : [])]
      .filter((slip) => known(stemmed(slip)));
    if (near.length) {
      const read = commonest(near, stemmed);
      return { read, found: [[stemmed(read), 1]] };
    }
    const far = word.length < 7 ? [] : Object.keys(terms).filter((term) => distance(term, stem) < 3);
    if (!far.length) return { read: word, found: [] };
    const read = commonest(far, (term) => term);
    return { read, found: [[read, 1]] };
  };

  /** The sections that hold the words, the best first. */
  const ranked = (words, { sections, terms }) => {
    const scores = new Map();
    for (const { found } of words) {
      const here = new Map();
      for (const [term, share] of found) {
        const rare = Math.log(1 + (2 * sections.length) / terms[term].length);
        let section = 0;
        for (const number of terms[term]) {
          section += Math.floor(number / 32);
          here.set(section, Math.max(here.get(section) ?? 0, share * rare * (number % 32)));
        }
      }
      here.forEach((score, section) => scores.set(section, [...(scores.get(section) ?? []), score]));
    }
    // Half of the words is worth a quarter.
    const worth = (all) => all.reduce((sum, score) => sum + score, 0) * (all.length / words.length) ** 2;
    return [...scores].map(([section, all]) => [section, worth(all)]).sort((a, b) => b[1] - a[1]);
  };

  /** Titles from the page's down to the section's. */
  const path = (section, sections) => {
    const [, , title, above] = sections[section];
    return [...(above < 0 ? [] : path(above, sections)), title];
  };

  const pages = new Map();
  const parsed = (address) => {
    if (!pages.has(address)) {
      const page = fetch(address)
        .then((answer) => answer.text())
        .then((text) => new DOMParser().parseFromString(text, "text/html"));
      pages.set(address, page);
    }
    return pages.get(address);
  };

  /** What a section says around the first of the words. */
  const excerpt = async (address, anchor, words) => {
    let place = (await parsed(address)).getElementById(anchor);
    while (place.tagName === "DT") place = place.nextElementSibling; // to what explains the term
    const whole = place.cloneNode(true);
    whole.querySelectorAll(NO_EXCERPT).forEach((node) => node.remove());
    const text = whole.textContent.replace(/\s+/g, " ").trim();
    const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
    const from = Math.max(0, Math.min(...places, text.length) - 100);
    const start = places.length && from ? text.indexOf(" ", from) + 1 : 0;
    return `${start ? "… " : ""}${text.slice(start, start + 240)}${start + 240 < text.length ? " …" : ""}`;
  };

  Search.query = (query) => {
    const asked = splitQuery(query.toLowerCase()).filter((word) => !stopwords.includes(word));
    const { pages: names, sections } = Search._index;
    const words = asked.map((word) => understood(word, Search._index.terms));
    const reads = words.map(({ read }) => read);
    const results = ranked(words, Search._index).slice(0, MOST);
    localStorage.setItem("sphinx_highlight_terms", reads.join(" "));
    Search.stopPulse();
    Search.title.textContent = "Search results";
    const instead = reads.some((read, i) => read !== asked[i]) ? ` for “${reads.join(" ")}”` : "";
    Search.status.textContent = results.length
      ? `${results.length === 1 ? "One section" : `${results.length} sections`}${instead}, the nearest first.`
      : "No section of the book has these words.";
    for (const [section] of results) {
      const [page, anchor] = sections[section];
      const address = `${names[page]}.html`;
      const item = Search.output.appendChild(document.createElement("li"));
      const link = item.appendChild(document.createElement("a"));
      link.href = `${address}#${anchor}`;
      link.textContent = path(section, sections).join(" › ");
      const context = item.appendChild(document.createElement("p"));
      context.className = "context";
      // A browser reads no other page for one that was opened from a file.
      if (location.protocol !== "file:")
        excerpt(address, anchor, reads).then((text) => (context.textContent = text));
    }
  };
})();
