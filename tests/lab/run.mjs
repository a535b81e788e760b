// Python for the browser, under node: run cells of notebooks as the lab's kernel does.
// node run.mjs FOLDER_OF_PYODIDE JOB.json     JOB: [{"name": …, "cells": […]}], answered line by line as JSON.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [folder, job] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
const start = performance.now();
const python = await loadPyodide({ indexURL: folder, stdout: () => {}, stderr: () => {} });
const quiet = { messageCallback: () => {}, errorCallback: (text) => console.error(text) };
await python.loadPackage(["one-neuron-at-a-time", "comm"], quiet);
python.runPython(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "cells.py"), "utf8"));
const [begin, run] = ["begin", "run"].map((name) => python.globals.get(name));
say({ ready: (performance.now() - start) / 1000 });

for (const notebook of JSON.parse(readFileSync(job, "utf8"))) {
  const begun = performance.now();
  begin();
  for (const [n, source] of notebook.cells.entries()) {
    await python.loadPackagesFromImports(source, quiet);
    const cell = performance.now();
    const answer = JSON.parse(run(source));
    say({ name: notebook.name, cell: n, seconds: (performance.now() - cell) / 1000, ...answer });
  }
  say({ name: notebook.name, done: (performance.now() - begun) / 1000 });
}

function say(what) {
  console.log(JSON.stringify(what));
}
