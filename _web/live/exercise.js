// "Try it here": under each exercise an editor, whose code runs in a worker of this page.
//
// <gradus-chapter> at the top holds as JSON what a chapter's exercises share {chapter, setup, exercises, base,
// packages, wheel}, each <gradus-exercise data-name> its {stub}; below, both say what the reader's own browser
// keeps of them: {code, solved} under "gradus/CHAPTER/EXERCISE". Nothing is loaded before a click.
// A classic script: as a module it would not run from a file, where at least the editor should.
"use strict";
(() => {
  const SITE = new URL("..", document.currentScript.src);
  const FROM_FILE = `Running code needs the site to be served: in its folder, python -m http.server,
    then open http://localhost:8000.`;
  const FORGETFUL = "This browser keeps nothing for this page: copy your code before you leave it.";
  const SLOW_LOADING = 20_000, SLOW_CODE = 10_000; // milliseconds

  const shared = () => JSON.parse(document.querySelector("gradus-chapter script").textContent);
  const exercises = () => [...document.querySelectorAll("gradus-exercise")];

  /** What is kept of an exercise; nothing where the browser keeps nothing. */
  const keeper = {
    key: (name) => `gradus/${shared().chapter}/${name}`,
    read(name) {
      try {
        return JSON.parse(localStorage.getItem(this.key(name))) ?? {};
      } catch {
        return {};
      }
    },
    write(name, change) {
      try {
        localStorage.setItem(this.key(name), JSON.stringify({ ...this.read(name), ...change }));
        return true;
      } catch {
        return false;
      }
    },
  };

  /** The one worker of a page, and the one run at a time that it makes. */
  const python = {
    worker: null,
    current: null, // {say, done, clock}
    start(task, say, done) {
      const { base, packages, wheel, chapter } = shared();
      const live = (file) => new URL(`live/${file}`, SITE).href;
      const files = { wheel: live(wheel), cases: live(`${chapter}.cases`), script: live("run.py") };
      const book = { base: new URL(base, SITE).href, packages, ...files };
      this.current = { say, done, clock: 0 };
      this.watch(SLOW_LOADING, `Still loading from ${book.base}. Stop gives up.`);
      try {
        this.worker ??= new Worker(live("worker.js"), { type: "module" });
      } catch (error) {
        return this.end({ failed: `This browser does not start Python (${error.message}).` });
      }
      this.worker.onmessage = ({ data }) => this.hear(data, book.base);
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.end({ failed: `This browser does not start Python (${event.message ?? "its worker did not start"}).` });
      };
      this.worker.postMessage({ book, task });
    },
    hear(data, base) {
      if (!data.stage) return this.end(data);
      this.current.say(data.stage);
      if (data.running) this.watch(SLOW_CODE, "Still running: is there a loop that does not end? Stop ends it.");
      else this.watch(SLOW_LOADING, `Still loading from ${base}. Stop gives up.`);
    },
    watch(time, line) {
      clearTimeout(this.current.clock);
      this.current.clock = setTimeout(() => this.current.say(line), time);
    },
    /** After a result the worker is kept; without one it is ended, and the next run makes another. */
    end(data) {
      const { done, clock } = this.current;
      clearTimeout(clock);
      this.current = null;
      if (!data.result) {
        this.worker?.terminate();
        this.worker = null;
      }
      done(data);
    },
  };

  const EDITOR = `<label></label>
    <textarea spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off"></textarea>
    <p class="gradus-try-keys">Ctrl+Enter runs it, Tab leaves the editor.</p>
    <p class="gradus-try-buttons"><button type="button">Run and check</button>
    <button type="button" aria-disabled="true">Stop</button>
    <button type="button">Start again</button></p>
    <p role="status"></p><div class="gradus-try-found"></div>
    <pre tabindex="0" aria-label="What your code printed" role="group" hidden></pre>`;

  class Exercise extends HTMLElement {
    connectedCallback() {
      if (this.name) return;
      this.name = this.dataset.name;
      this.stub = JSON.parse(this.querySelector("script").textContent).stub;
      this.innerHTML = `<details class="gradus-try"><summary></summary></details>`;
      // Not before: to offer what was typed in earlier, browsers lay out all that holds a text field.
      this.firstChild.addEventListener("toggle", () => this.build(), { once: true });
      this.mark();
    }

    build() {
      this.firstChild.insertAdjacentHTML("beforeend", EDITOR);
      const id = `try-${this.name}`;
      this.editor = this.querySelector("textarea");
      this.editor.id = id;
      const label = this.querySelector("label"), keys = this.querySelector(".gradus-try-keys");
      label.htmlFor = id;
      label.textContent = `Your answer to ${this.name}`;
      keys.id = `${id}-keys`;
      this.editor.setAttribute("aria-describedby", keys.id);
      [this.runner, this.stopper, this.resetter] = this.querySelectorAll("button");
      this.status = this.querySelector("[role=status]");
      this.found = this.querySelector(".gradus-try-found");
      this.printed = this.querySelector("pre");
      this.show(this.code);
      this.editor.addEventListener("input", () => this.keep());
      this.editor.addEventListener("keydown", (event) => this.press(event));
      this.runner.addEventListener("click", () => this.run());
      this.stopper.addEventListener("click", () => this.running && python.end({ stopped: true }));
      this.resetter.addEventListener("click", () => this.reset());
      if (location.protocol === "file:") this.status.textContent = FROM_FILE;
    }

    /** The reader's code, or the stub. */
    get code() {
      return this.shown ?? keeper.read(this.name).code ?? this.stub;
    }

    show(code) {
      this.editor.value = this.shown = code;
      this.fit();
    }

    /** As high as its code. */
    fit() {
      this.editor.rows = Math.min(this.shown.split("\n").length + 2, 40);
    }

    keep() {
      this.shown = this.editor.value;
      this.fit();
      // An untouched stub is not kept: the book's next version may have another.
      const code = this.shown === this.stub ? undefined : this.shown;
      if (!keeper.write(this.name, { code })) this.status.textContent = FORGETFUL;
    }

    mark() {
      this.solved ||= keeper.read(this.name).solved === true;
      const state = this.solved ? " (solved)" : "";
      this.querySelector("summary").textContent = `Try it here: ${this.name}${state}`;
      document.querySelector("gradus-chapter").count?.();
    }

    press(event) {
      if (event.key !== "Enter" || event.isComposing) return;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.run();
      } else if (!event.shiftKey && !event.altKey) {
        // Python's lines begin where the line before began, or further in after a colon.
        const line = this.editor.value.slice(0, this.editor.selectionStart).split("\n").at(-1);
        const indent = /^ */.exec(line)[0] + (/:\s*$/.test(line) ? "    " : "");
        event.preventDefault();
        // It is the one way that keeps the editor's own undo; it also says "input".
        document.execCommand("insertText", false, `\n${indent}`);
      }
    }

    run() {
      if (location.protocol === "file:" || this.running) return;
      if (python.current) {
        this.status.textContent = "Another exercise is running: stop it, or wait for it.";
        return;
      }
      const all = exercises();
      const before = all.slice(0, all.indexOf(this)).map(({ name, code, stub }) => ({ name, code, stub }));
      const { name, code, stub } = this;
      this.running = true;
      this.runner.setAttribute("aria-disabled", "true");
      this.stopper.setAttribute("aria-disabled", "false");
      this.report("Starting…");
      python.start(
        { exercise: name, code, stub, before, setup: shared().setup, tried: [] },
        (line) => this.report(line),
        (data) => this.finish(data),
      );
    }

    report(line, tables = "", output = "") {
      this.status.textContent = line;
      this.found.innerHTML = tables;
      this.printed.textContent = output;
      this.printed.hidden = !output;
      this.printed.tabIndex = 0; // the theme took it, since what was hidden had nothing to scroll
    }

    finish({ result, failed, stopped }) {
      this.running = false;
      this.runner.setAttribute("aria-disabled", "false");
      this.stopper.setAttribute("aria-disabled", "true");
      if (!result) return this.report(stopped ? "Stopped." : failed);
      this.report(`${result.status === "right" ? "✓" : "✗"} ${result.summary}`, result.tables, result.output);
      if (result.status !== "right") return;
      this.solved = true;
      if (!keeper.write(this.name, { solved: true })) this.status.textContent += `. ${FORGETFUL}`;
      this.mark();
      dispatchEvent(new Event("gradus-solved"));
    }

    reset() {
      const changed = this.editor.value !== this.stub;
      if (changed && !confirm(`Throw away your answer to ${this.name} and start again?`)) return;
      this.show(this.stub);
      this.keep();
      this.report("");
    }
  }

  /** At a chapter's top: how many of its exercises were solved here. */
  class Chapter extends HTMLElement {
    connectedCallback() {
      this.line ??= this.querySelector("span");
      this.count();
    }

    count() {
      const all = exercises(), solved = all.filter(({ solved }) => solved).length;
      if (this.line) this.line.textContent = ` · ${solved} of ${all.length} solved here`;
    }
  }

  customElements.define("gradus-exercise", Exercise);
  customElements.define("gradus-chapter", Chapter);
})();
