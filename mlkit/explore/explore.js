/* <mlkit-explore>: a figure whose frames are all in the page. The controls are native and already in the HTML; this
   script unpacks the frames, swaps them, and keeps the link, the spoken text and the play button in step. */
(() => {
  "use strict";
  if (customElements.get("mlkit-explore")) return; // a notebook may bring the script twice

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const COPY_LINK = "Copy link";
  const AFTER_MOVING = 400; // ms of rest before the link is written and the new picture described aloud

  class MlkitExplore extends HTMLElement {
    connectedCallback() {
      // A page that was saved brings the state its figures were in: until this one is awake, it is not.
      if (!this.begun) this.removeAttribute("alive");
      // While the page is read our children are still to come, and the last of them calls setUp. (Waiting for the end
      // of the page would mean waiting for MathJax to typeset it.)
      if (document.readyState !== "loading") this.setUp();
    }

    disconnectedCallback() {
      this.pause();
    }

    async setUp() {
      if (this.begun) return; // already done: moved within the page
      this.begun = true;
      try {
        this.readPage();
        await this.unpack();
        this.wake();
      } catch (error) {
        this.setAttribute("failed", "");
        this.spoken.textContent = `This figure cannot move in this browser (${error.message}): it stays as it is.`;
      }
    }

    readPage() {
      this.spoken = this.querySelector(".mlkit-spoken");
      this.picture = this.querySelector(".mlkit-figure");
      this.playButton = this.querySelector(".mlkit-play");
      this.data = JSON.parse(this.querySelector("script[type='application/json']").textContent);
      this.fields = this.data.controls.map((c) => this.querySelector(`[name="${c.name}"]`));
      this.start = this.data.controls.map((c) => c.start);
      this.positions = this.savedPositions() ?? [...this.start];
    }

    /* Where the figure stood when its page was saved; browsers save attributes, but not where a slider is. */
    savedPositions() {
      const saved = this.dataset.positions?.split(" ").map(Number);
      const fits = saved?.length === this.start.length && saved.every((p, i) => this.data.controls[i].texts[p]);
      return fits ? saved : undefined;
    }

    async unpack() {
      const holder = this.querySelector("script[type='text/plain']"); // it stays, for who saves the page
      const bytes = Uint8Array.from(atob(holder.textContent.trim()), (c) => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      this.frames = await new Response(stream).json();
    }

    wake() {
      this.listen();
      this.removeAttribute("failed");
      this.spoken.textContent = "";
      this.namePlayButton();
      this.querySelector(".mlkit-link").textContent = COPY_LINK; // it may have been saved while it said "Copied"
      this.putFields();
      this.setAttribute("alive", "");
      this.fromLink();
    }

    listen() {
      this.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
      this.fields.forEach((field) => field.addEventListener("input", () => this.fromFields()));
      this.querySelector(".mlkit-reset").addEventListener("click", () => this.reset());
      this.querySelector(".mlkit-link").addEventListener("click", (event) => this.copyLink(event.currentTarget));
      this.playButton?.addEventListener("click", () => this.playOrPause());
      calm.addEventListener?.("change", () => this.namePlayButton());
      addEventListener("hashchange", () => this.fromLink());
    }

    /* ---- from the reader's hand to the picture ---- */

    fromFields() {
      const positions = this.fields.map((field) => Number(field.value)); // first: to pause puts the fields back
      this.pause();
      this.moveTo(positions);
    }

    moveTo(positions) {
      this.positions = positions;
      this.putFields();
      if (!this.painting) this.painting = requestAnimationFrame(() => this.paint()); // the last value wins
    }

    putFields() {
      this.fields.forEach((field, i) => {
        const text = this.data.controls[i].texts[this.positions[i]];
        field.value = this.positions[i];
        if (field.type !== "range") return;
        field.setAttribute("aria-valuetext", text);
        field.nextElementSibling.value = text;
      });
    }

    paint() {
      this.painting = 0;
      if (!this.frames) return;
      const { lines, frames, alts } = this.frames;
      const index = this.positions.reduce((sum, p, i) => sum * this.data.controls[i].texts.length + p, 0);
      const fresh = document.createElement("div");
      fresh.innerHTML = frames[index].map((line) => lines[line]).join("\n");
      morphChildren(this.picture, fresh);
      this.picture.setAttribute("aria-label", alts[index]);
      this.dataset.positions = this.positions.join(" ");
      const label = (i) => this.fields[i].labels[0].textContent;
      this.querySelector(".mlkit-values").textContent = this.data.controls
        .map((control, i) => `${label(i)} = ${control.texts[this.positions[i]]}`)
        .join(", ");
      clearTimeout(this.resting);
      if (!this.playing) this.resting = setTimeout(() => this.rest(alts[index]), AFTER_MOVING);
    }

    rest(alt) {
      this.spoken.textContent = alt;
      writeLink();
    }

    reset() {
      this.pause();
      this.moveTo([...this.start]);
    }

    /* ---- play ---- */

    get played() {
      return this.data.controls.findIndex((control) => control.name === this.data.play);
    }

    namePlayButton() {
      if (this.playButton) this.playButton.textContent = this.playing ? "Pause" : calm.matches ? "Step" : "Play";
    }

    playOrPause() {
      if (this.playing) return this.pause();
      const i = this.played;
      if (this.positions[i] === this.data.controls[i].texts.length - 1) this.moveBy(-this.positions[i]);
      else this.moveBy(1);
      if (calm.matches) return; // one step for each press, where motion is not wanted
      this.playing = setInterval(() => this.tick(), this.data.interval);
      this.namePlayButton();
    }

    tick() {
      const i = this.played;
      if (this.positions[i] === this.data.controls[i].texts.length - 1) this.pause();
      else this.moveBy(1);
    }

    moveBy(steps) {
      this.moveTo(this.positions.map((p, i) => (i === this.played ? p + steps : p)));
    }

    pause() {
      if (!this.playing) return;
      clearInterval(this.playing);
      this.playing = 0;
      this.namePlayButton();
      this.moveTo(this.positions); // paints once more, and so describes and links the frame it stopped at
    }

    /* ---- the link: #~figure?control=value&control=value~another?… ---- */

    get moved() {
      return Boolean(this.data) && this.positions.some((p, i) => p !== this.start[i]);
    }

    get state() {
      const pairs = this.data.controls.map((c, i) => [c.name, plain(c.texts[this.positions[i]])]);
      return `${this.getAttribute("name")}?${new URLSearchParams(pairs)}`.replaceAll("~", "%7E");
    }

    fromLink() {
      const states = readLink();
      const state = states.get(this.getAttribute("name"));
      if (!state || !this.isConnected) return;
      this.pause();
      this.moveTo(
        this.data.controls.map((control, i) => {
          const position = control.texts.findIndex((text) => plain(text) === state.get(control.name));
          return position < 0 ? this.start[i] : position;
        }),
      );
      const first = states.keys().next().value;
      if (first === this.getAttribute("name")) showOnceSettled(this);
    }

    async copyLink(button) {
      const others = location.href.replace(/#.*/, "");
      const link = `${others}#~${this.state}`;
      try {
        await navigator.clipboard.writeText(link);
        button.textContent = "Copied";
      } catch {
        history.replaceState(null, "", link); // no clipboard here: the address bar has it
        button.textContent = "See address bar";
      }
      setTimeout(() => (button.textContent = COPY_LINK), 2000);
    }
  }

  const plain = (text) => text.replaceAll("\u2212", "-"); // a minus sign would be nine characters in a link

  function readLink() {
    const parts = location.hash.startsWith("#~") ? location.hash.slice(2).split("~") : [];
    return new Map(
      parts.map((part) => {
        const [name, query] = part.split("?");
        return [name, new URLSearchParams(query)];
      }),
    );
  }

  /* Scroll to a figure now, and again when the formulas above it have got their final size. */
  function showOnceSettled(figure) {
    const show = () => figure.scrollIntoView({ behavior: "instant", block: "center" });
    const again = new AbortController();
    for (const hand of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      addEventListener(hand, () => again.abort(), { once: true, signal: again.signal }); // the reader goes elsewhere
    }
    const settled = async () => {
      await window.MathJax?.startup?.promise;
      if (!again.signal.aborted) show();
      again.abort();
    };
    show();
    if (document.readyState === "complete") settled();
    else addEventListener("load", settled, { once: true, signal: again.signal });
  }

  function writeLink() {
    const before = location.hash;
    const asked = readLink();
    const stateOf = (figure) => {
      const name = figure.getAttribute("name");
      if (figure.hasAttribute("alive")) return figure.moved ? figure.state : "";
      return asked.has(name) ? `${name}?${asked.get(name)}` : ""; // not awake yet: keep what the link asks of it
    };
    const states = [...document.querySelectorAll("mlkit-explore")].map(stateOf).filter(Boolean);
    if (states.length === 0 && !before.startsWith("#~")) return; // an ordinary anchor is none of our business
    const link = states.length ? `#~${states.join("~")}` : location.pathname + location.search;
    if (link === before) return;
    try {
      history.replaceState(null, "", link);
    } catch {
      // browsers limit how often; the next rest writes it
    }
  }

  /* Change what differs and leave the rest: elements that stay do not flicker. */
  function morphChildren(old, fresh) {
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, i) => (i < before.length ? morph(before[i], node) : old.append(node)));
    before.slice(after.length).forEach((node) => node.remove());
  }

  function morph(old, fresh) {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return undefined;
    }
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    return morphChildren(old, fresh);
  }

  customElements.define("mlkit-explore", MlkitExplore);
})();
