// Runs Python for the exercises of a page, in a thread of its own: a loop without end is ended by
// ending this worker. A module, since Pyodide is one.
//
// Takes {book: {base, packages, wheel, cases, script}, task}, as `run` in run.py has it; answers {stage} while
// it works, then {result} or, where nothing could be run, {failed} with a line for the reader.

const PATIENCE = 15_000; // milliseconds until an address counts as one that does not answer
let running; // Python, once it is there: a promise of the function `run`

const failure = (line) => Object.assign(new Error(line), { line });

/** A file of the site itself, of today: a new wheel with old cases would not do. */
async function fetched(url) {
  const response = await fetch(url, { cache: "no-cache" }).catch(() => ({ status: "no answer" }));
  if (!response.ok) throw failure(`${url} could not be loaded (${response.status}).`);
  return response;
}

/** Python with what the book's own package needs, and that package. */
async function start({ base, packages, wheel, cases, script }) {
  const host = new URL(base).host;
  postMessage({ stage: `Loading Python from ${host}: about 10 MB the first time…` });
  try {
    const answer = await fetch(`${base}pyodide.mjs`, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    await answer.text();
  } catch (error) {
    const reason = error.name === "TimeoutError" ? `nothing in ${PATIENCE / 1000} seconds` : error.message;
    throw failure(`Python could not be loaded from ${base} (${reason}).`);
  }
  let python;
  try {
    const { loadPyodide } = await import(`${base}pyodide.mjs`);
    python = await loadPyodide({ indexURL: base });
  } catch (error) {
    throw failure(`Python could not be started from ${base} (${error.message}).`);
  }
  postMessage({ stage: `Loading ${packages} from ${host}…` });
  await python.loadPackage(packages).catch(() => undefined); // the next lines tell
  const absent = packages.filter((name) => !python.loadedPackages[name]);
  if (absent.length) throw failure(`${absent} could not be loaded from ${base}.`);
  const folder = "/book";
  python.FS.mkdir(folder);
  const names = [wheel, cases].map((url) => `${folder}/${url.split("/").pop()}`);
  const files = await Promise.all([wheel, cases, script].map(fetched));
  for (const [i, name] of names.entries())
    python.FS.writeFile(name, new Uint8Array(await files[i].arrayBuffer()));
  python.runPython(await files[2].text());
  python.globals.get("open_book")(names[0], folder);
  return { python, run: python.globals.get("run") };
}

async function answer(book, task) {
  running ??= start(book);
  const { python, run } = await running;
  postMessage({ stage: "Running…", running: true });
  for (;;) {
    const result = JSON.parse(run(JSON.stringify(task)));
    if (!result.missing) return result;
    // Such as Matplotlib, which most exercises do without; if it cannot be had, the next run says so.
    task.tried.push(result.missing);
    postMessage({ stage: `Loading ${result.missing}…` });
    await python.loadPackagesFromImports(`import ${result.missing}`).catch(() => undefined);
    postMessage({ stage: "Running…", running: true });
  }
}

onmessage = async ({ data: { book, task } }) => {
  try {
    postMessage({ result: await answer(book, task) });
  } catch (error) {
    postMessage({ failed: error.line ?? `Python stopped working (${error.message}).` });
  }
};
