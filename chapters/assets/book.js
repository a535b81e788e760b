/* What pages need where people really read: saved, in a browser that keeps nothing, opened from a disk.

   A page that a reader saves and opens again: a browser saves what a page has become together with its scripts, and
   the scripts run a second time: without this, each button would stand twice and the folded answers would be open. */
(() => {
  "use strict";

  // Before the theme's own scripts add these (they wait for the same event, on the document).
  function takeOutWhatIsAddedAgain() {
    document.querySelectorAll(".copybtn, .toggle-button").forEach((button) => button.remove());
    document.querySelectorAll(".toggle-hidden").forEach((answer) => answer.classList.remove("toggle-hidden"));
  }

  // What wrote into the page, and what set its formulas, has no more to do, in this page or in a copy.
  async function takeOutWhatIsDone() {
    await window.MathJax?.startup?.promise;
    const done = (script) => script.text.includes("document.write") || script.matches("[src*='/mathjax/']");
    [...document.scripts].filter(done).forEach((script) => script.remove());
  }

  // Where the browser keeps nothing (cookies forbidden), merely asking for localStorage throws, and the theme's button
  // for light and dark asks for it before it does anything. A store that lasts as long as the page serves it as well.
  function keepInThePage() {
    try {
      localStorage.getItem("mode");
    } catch {
      const kept = new Map();
      const store = {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => kept.set(key, String(value)),
        removeItem: (key) => kept.delete(key),
      };
      Object.defineProperty(window, "localStorage", { value: store });
    }
  }

  // A page opened from a disk: no browser runs Python from there.
  function sayThatALabNeedsAServer() {
    for (const buttons of document.querySelectorAll("[data-lab]")) {
      buttons.querySelector(".lab-open").addEventListener("click", (event) => {
        if (location.protocol !== "file:") return;
        event.preventDefault();
        buttons.querySelector("[role=status]").textContent =
          "From a disk this cannot start: Python in the browser needs a web server. Open the course where it is " +
          "published. Or, in the folder of index.html, run python3 -m http.server and open http://localhost:8000.";
      });
    }
  }

  keepInThePage();
  addEventListener("DOMContentLoaded", takeOutWhatIsAddedAgain, { capture: true });
  addEventListener("DOMContentLoaded", sayThatALabNeedsAServer);
  addEventListener("load", takeOutWhatIsDone);
})();
