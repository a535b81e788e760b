/* What pages need where people really read: saved, in a browser that keeps nothing, opened from a disk.

   A page that a reader saves and opens again: a browser saves what a page has become together with its scripts, and
   the scripts run a second time: without this, each button would stand twice and the folded answers would be open. */
(() => {
  "use strict";

  // Before the theme's own scripts add these: this script is the first.
  function takeOutWhatIsAddedAgain() {
    document.querySelectorAll(".copybtn, .toggle-button").forEach((button) => button.remove());
    document.querySelectorAll(".toggle-hidden").forEach((answer) => answer.classList.remove("toggle-hidden"));
  }

  // What wrote into the page, set its formulas or sent for their font has no more to do, in this page or in a copy.
  async function takeOutWhatIsDone() {
    await window.MathJax?.startup?.promise;
    const done = (script) => script.text.includes("document.write") || script.matches("[src*='/mathjax/']");
    [...document.scripts].filter(done).forEach((script) => script.remove());
    document.querySelector("link[rel=preload]")?.remove();
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

  // Paper is white: on it a page in dark colors, made for a dark screen, is faint. It is printed in light ones.
  function printInLight() {
    const { dataset } = document.documentElement;
    let onScreen;
    const begin = () => {
      onScreen ??= dataset.theme;
      dataset.theme = "light";
    };
    const end = () => {
      if (onScreen) dataset.theme = onScreen;
      onScreen = undefined;
    };
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    matchMedia("print").addEventListener?.("change", ({ matches }) => (matches ? begin() : end()));
  }

  // A formula that is copied, alone or within a text, is copied as the TeX it was made from.
  function copyFormulasAsTex(event) {
    const selection = getSelection();
    if (selection.isCollapsed) return;
    const range = selection.getRangeAt(0).cloneRange();
    const formulaOf = (node) => (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-tex]");
    const [first, last] = [formulaOf(range.startContainer), formulaOf(range.endContainer)];
    if (first) range.setStartBefore(first);
    if (last) range.setEndAfter(last);
    const copied = range.cloneContents();
    const formulas = copied.querySelectorAll("[data-tex]");
    if (formulas.length === 0) return;
    for (const formula of formulas) {
      const [open, close] = formula.matches("div") ? ["\n$$", "$$\n"] : ["$", "$"];
      formula.replaceWith(open + formula.dataset.tex + close);
    }
    const noText = "script, style, svg, button, form, details:not([open]), .headerlink, .to-figure";
    copied.querySelectorAll(noText).forEach((element) => element.remove());
    const shelf = document.createElement("div");
    shelf.append(copied);
    event.clipboardData.setData("text/plain", shelf.textContent.trim());
    event.preventDefault();
  }

  // What is wider than its column scrolls by itself, and takes the focus, so that the arrow keys can scroll it.
  function letScrollersBeFocused() {
    const which = ":is(div.math, pre, .pst-scrollable-table-container, .cell_output > .output)";
    const scrollers = document.querySelectorAll(`.bd-article ${which}`);
    const look = ({ target }) => {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    };
    const observer = new ResizeObserver((entries) => entries.forEach(look));
    scrollers.forEach((scroller) => observer.observe(scroller));
  }

  /* ---- What a link leads to, seen while the pointer or the focus is on it ---- */

  // Of a work that is cited, Sphinx wrote what it is into the link; what is on this page, such as a function, is copied.
  function previewOf(link) {
    if (link.title) link.dataset.preview = link.title;
    link.removeAttribute("title"); // the browser would show it a second time
    if (link.dataset.preview) return document.createTextNode(link.dataset.preview);
    const [page, name] = link.href.split("#");
    if (page !== location.href.split("#")[0]) return null;
    const target = document.getElementById(decodeURIComponent(name));
    if (!target?.textContent.trim() || target.textContent.length > 500) return null; // not a whole section
    const copy = target.cloneNode(true);
    [copy, ...copy.querySelectorAll("[id]")].forEach((element) => element.removeAttribute("id"));
    copy.querySelectorAll(".headerlink").forEach((element) => element.remove());
    return copy;
  }

  function showWhereLinksLead() {
    const box = Object.assign(document.createElement("div"), { id: "preview", className: "preview" });
    box.setAttribute("role", "tooltip");
    let waiting;
    const later = (call, delay) => {
      clearTimeout(waiting);
      waiting = setTimeout(call, delay);
    };
    const hide = () => {
      clearTimeout(waiting);
      box.remove();
      document.querySelector("[aria-describedby=preview]")?.removeAttribute("aria-describedby");
    };
    const show = (link) => {
      hide();
      const preview = previewOf(link);
      if (!preview) return;
      box.replaceChildren(preview);
      document.querySelector(".bd-article").append(box);
      const { left, bottom, top } = link.getClientRects()[0];
      const { width, height } = box.getBoundingClientRect();
      const below = bottom + height + 8 < innerHeight || top < height;
      const x = Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8));
      box.style.translate = `${x + scrollX}px ${(below ? bottom + 6 : top - height - 6) + scrollY}px`;
      link.setAttribute("aria-describedby", "preview");
    };
    for (const link of document.querySelectorAll(".bd-article a.internal[href*='#']:not(.headerlink)")) {
      link.addEventListener("pointerenter", ({ pointerType }) => {
        if (pointerType !== "touch") later(() => show(link), 250);
      });
      link.addEventListener("focus", () => show(link));
      link.addEventListener("pointerleave", () => later(hide, 250)); // time to reach the preview itself
      ["blur", "click"].forEach((event) => link.addEventListener(event, hide));
    }
    box.addEventListener("pointerenter", () => clearTimeout(waiting));
    box.addEventListener("pointerleave", hide);
    addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  }

  keepInThePage();
  takeOutWhatIsAddedAgain();
  printInLight();
  addEventListener("copy", copyFormulasAsTex);
  addEventListener("DOMContentLoaded", letScrollersBeFocused);
  addEventListener("DOMContentLoaded", showWhereLinksLead);
  addEventListener("DOMContentLoaded", sayThatALabNeedsAServer);
  addEventListener("load", takeOutWhatIsDone);
})();
