/* A prebuilt extension of JupyterLab, by hand: two commands that the toolbar of a notebook shows, and room on a phone.
   Where a notebook lies in the browser, `Contents` knows; the untouched one lies on the server, below files/. */
(() => {
  const OURS = "in-your-browser"; // the id of the cells that were added for the browser
  const NARROW = 700; // pixels: a phone, or a tablet held upright

  const commands = {
    "one-neuron:hand-in": {
      label: "Save a copy to hand in",
      caption: "Save this notebook as a file on your device, as your instructor expects it",
      run: handIn,
    },
    "one-neuron:start-again": {
      label: "Start again",
      caption: "Bring back the untouched notebook; your answers are lost",
      run: startAgain,
    },
  };

  function activate(app) {
    const notebook = () => {
      const panel = app.shell.currentWidget;
      return panel && panel.context && panel.context.path.endsWith(".ipynb") ? panel : null;
    };
    for (const [name, { label, caption, run }] of Object.entries(commands)) {
      app.commands.addCommand(name, {
        label,
        caption,
        isEnabled: () => notebook() !== null,
        execute: () => run(notebook().context, app.serviceManager.contents),
      });
    }
    if (innerWidth < NARROW) onlyTheNotebook(app.shell);
  }

  /** On a phone the list of files, which a new lab opens by itself, would leave no room: closed until it is asked for. */
  function onlyTheNotebook(shell) {
    const close = () => {
      if (shell.mode !== "single-document") shell.mode = "single-document";
      if (!shell.leftCollapsed) shell.collapseLeft();
    };
    shell.currentChanged.connect(close);
    shell.layoutModified.connect(close);
    addEventListener("pointerdown", () => shell.layoutModified.disconnect(close), { capture: true, once: true });
  }

  async function handIn(context) {
    await context.save();
    const notebook = asHandedOut(context.model.toJSON());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" }));
    link.download = context.path.split("/").pop();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  /** The notebook without what was added for the browser. */
  function asHandedOut(notebook) {
    const cells = notebook.cells.filter((cell) => !cell.id.startsWith(OURS));
    for (const cell of cells) delete cell.metadata.trusted; // a mark of this browser's
    const kernelspec = { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" };
    return { ...notebook, cells, metadata: { kernelspec } };
  }

  async function startAgain(context, contents) {
    const name = context.path.split("/").pop();
    if (!window.confirm(`Bring back ${name} as it was? Your answers in it are lost. This cannot be undone.`)) return;
    const untouched = await fetch(new URL(`../files/${encodeURI(context.path)}`, location.href));
    if (!untouched.ok) {
      window.alert(`${name} could not be fetched: the server said ${untouched.status}. Nothing was changed.`);
      return;
    }
    const content = await untouched.json();
    await contents.save(context.path, { type: "notebook", format: "json", content }); // kept before it is seen
    await context.revert();
  }

  const plugin = { id: "one-neuron-at-a-time-lab:extension", autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["one-neuron-at-a-time-lab"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
