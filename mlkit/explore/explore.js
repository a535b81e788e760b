/* <mlkit-explore>: a figure whose frames are all in the page. The controls are native and already in the HTML; this
   script unpacks the frames, swaps them, lets a reader take hold of the picture, and keeps the link, the spoken text
   and the play button in step. */
(() => {
  "use strict";
  if (customElements.get("mlkit-explore")) return; // a notebook may bring the script twice

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const COPY_LINK = "Copy link";
  const EQUALLY_FAR = 4; // points
  const AFTER_MOVING = 400; // ms of rest before the link is written and the new picture described aloud

  class MlkitExplore extends HTMLElement {
    connectedCallback() {
      // A page that was saved brings the state its figures were in: until this one is awake, it is not.
      if (!this.begun) this.removeAttribute("alive");
      if (this.isRead) return this.setUp();
      // The script came before the figure, which is still being read: its last child says that all others are there.
      const reading = new MutationObserver(() => {
        if (!this.isRead) return;
        reading.disconnect();
        this.setUp();
      });
      reading.observe(this, { childList: true });
    }

    disconnectedCallback() {
      this.pause();
    }

    get isRead() {
      return this.lastElementChild?.className === "mlkit-spoken";
    }

    async setUp() {
      if (this.begun) return; // already done: moved within the page
      this.begun = true;
      await aTurn(); // many figures on a page wake one by one, and a reader who scrolls meanwhile is not held up
      try {
        this.readPage();
        this.frames = await unpacked(this.querySelector("script[type='text/plain']")); // it stays, for who saves the page
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
      this.switches = [...this.querySelectorAll(".mlkit-switch button")];
      this.data = JSON.parse(this.querySelector("script[type='application/json']").textContent);
      this.fields = this.data.controls.map((c) => this.querySelector(`[name="${c.name}"]`));
      this.labels = [...this.querySelectorAll(".mlkit-control label")]; // `field.labels` looks through the whole page
      this.values = this.querySelector(".mlkit-values");
      this.fields.forEach((field, i) => {
        const longest = Math.max(...this.data.controls[i].texts.map((text) => text.length));
        if (field.type === "range") field.nextElementSibling.style.minWidth = `${longest}ch`; // the slider keeps its width
      });
      this.start = this.data.controls.map((c) => c.start);
      this.positions = this.savedPositions() ?? [...this.start];
    }

    /* Where the figure stood when its page was saved; browsers save attributes, but not where a slider is. */
    savedPositions() {
      const saved = this.dataset.positions?.split(" ").map(Number);
      const fits = saved?.length === this.start.length && saved.every((p, i) => this.data.controls[i].texts[p]);
      return fits ? saved : undefined;
    }

    wake() {
      const frame = this.panelsOf(this.indexOf(this.positions));
      this.panels = frame.map((shown, i) => new Panel(this.picture.children[i], this.frames.lines, shown));
      this.makeHandles();
      this.listen();
      this.removeAttribute("failed");
      this.spoken.textContent = "";
      this.namePlayButton();
      this.querySelector(".mlkit-link").textContent = COPY_LINK; // it may have been saved while it said "Copied"
      this.querySelector(".mlkit-address")?.remove();
      this.putFields();
      this.putHandles();
      this.switchTo(0);
      this.setAttribute("alive", "");
      this.fromLink();
    }

    listen() {
      this.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
      this.fields.forEach((field) => field.addEventListener("input", () => this.fromFields()));
      this.querySelector(".mlkit-reset").addEventListener("click", () => this.reset());
      this.querySelector(".mlkit-link").addEventListener("click", (event) => this.copyLink(event.currentTarget));
      this.playButton?.addEventListener("click", () => this.playOrPause());
      this.switches.forEach((button, i) => button.addEventListener("click", () => this.switchTo(i)));
      this.picture.addEventListener("click", (event) => this.fromPlace(event));
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

    indexOf(positions) {
      return positions.reduce((sum, p, i) => sum * this.data.controls[i].texts.length + p, 0);
    }

    /* The lines of a frame, panel by panel. */
    panelsOf(index) {
      const { lines, frames } = this.frames;
      const panels = [];
      for (const line of frames[index]) {
        if (lines[line].startsWith("<div")) panels.push([]);
        else if (lines[line] !== "</div>") panels.at(-1).push(line);
      }
      return panels;
    }

    paint() {
      this.painting = 0;
      const index = this.indexOf(this.positions);
      const frame = this.panelsOf(index);
      this.showWhatMoved(this.panels.map((panel, i) => panel.show(frame[i])));
      this.putHandles();
      this.picture.setAttribute("aria-label", this.frames.alts[index]);
      this.dataset.positions = this.positions.join(" ");
      this.values.textContent = this.data.controls
        .map((control, i) => `${this.labels[i].textContent} = ${control.texts[this.positions[i]]}`)
        .join(", ");
      clearTimeout(this.resting);
      if (!this.playing) this.resting = setTimeout(() => this.rest(this.frames.alts[index]), AFTER_MOVING);
    }

    rest(alt) {
      this.spoken.textContent = alt;
      writeLink();
    }

    reset() {
      this.pause();
      this.moveTo([...this.start]);
    }

    /* ---- handles: a place in the picture that is taken hold of ---- */

    makeHandles() {
      this.picture.querySelectorAll(".mlkit-handle").forEach((handle) => handle.remove()); // of a page that was saved
      this.handles = Object.entries(this.data.handles).map(([name, { panel, words }]) => {
        const handle = document.createElement("div");
        handle.className = "mlkit-handle";
        handle.dataset.handle = name;
        handle.setAttribute("role", "img");
        handle.setAttribute("aria-label", words);
        handle.title = words;
        handle.addEventListener("pointerdown", (event) => this.grab(handle, event));
        // `touch-action` alone comes too late for a handle that has just moved: the page would scroll in its place.
        // And a press with the mouse neither marks text, nor drags what is marked, nor opens a menu.
        for (const kind of ["touchstart", "mousedown", "contextmenu"])
          handle.addEventListener(kind, (event) => event.preventDefault(), { passive: false });
        this.picture.children[panel].append(handle);
        return handle;
      });
      this.dataset.touched = Object.values(this.data.handles).map(({ panel }) => panel).join(" ");
    }

    /* Where a handle is at a frame, in the points of its panel. */
    placeOf(handle, index) {
      const places = this.frames.places[handle.dataset.handle];
      return [places[2 * index], places[2 * index + 1]];
    }

    putHandles() {
      const index = this.indexOf(this.positions);
      for (const handle of this.handles) {
        const { width, height } = svgOf(handle).viewBox.baseVal;
        const [x, y] = this.placeOf(handle, index);
        handle.style.left = `${(100 * x) / width}%`;
        handle.style.top = `${(100 * y) / height}%`;
      }
    }

    grab(handle, grabbed) {
      if (this.held || grabbed.button !== 0) return;
      this.pause();
      const [x, y] = this.placeOf(handle, this.indexOf(this.positions));
      const [fromX, fromY] = pointIn(handle, grabbed); // it may be taken at its edge, and does not jump for that
      handle.toggleAttribute("data-held", true);
      this.held = new AbortController();
      const ours = (listener) => (event) => event.pointerId === grabbed.pointerId && listener(event);
      const release = ours(() => {
        handle.toggleAttribute("data-held", false);
        this.held.abort();
        this.held = undefined;
        setTimeout(() => (this.released = false)); // a browser may call the end of this a click beside the handle
        this.released = true;
      });
      const drag = ours((event) => {
        if (event.buttons % 2 === 0) release(event); // a menu may have swallowed the end
        const [toX, toY] = pointIn(handle, event);
        if (this.held) this.moveHandle(handle, [x + toX - fromX, y + toY - fromY]);
      });
      const { signal } = this.held;
      addEventListener("pointermove", drag, { signal });
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, release, { signal });
    }

    /* A click or a tap beside the handles brings the one that can come nearest; of equals, the one that is nearest. */
    fromPlace(event) {
      const panel = event.target.closest(".mlkit-panel");
      if (this.released || !panel || event.target.closest(".mlkit-handle")) return;
      const handles = this.handles.filter((handle) => handle.parentElement === panel);
      if (handles.length === 0) return;
      const point = pointIn(handles[0], event);
      const now = (handle) => distance(point, this.placeOf(handle, this.indexOf(this.positions)));
      const able = handles.map((handle) => ({ ...this.nearest(handle, point), now: now(handle) }));
      const best = Math.min(...able.map(({ far }) => far));
      const equals = able.filter(({ far }) => far < best + EQUALLY_FAR);
      this.pause();
      this.moveTo(equals.reduce((one, other) => (other.now < one.now ? other : one)).positions);
    }

    moveHandle(handle, point) {
      const { positions, steps } = this.nearest(handle, point);
      if (steps > 0) this.moveTo(positions);
    }

    /* Of all values of its controls, those that bring the handle nearest; of equals, those that move the least. */
    nearest(handle, point) {
      let nearest = { far: Infinity };
      for (const positions of this.reachable(this.data.handles[handle.dataset.handle].controls)) {
        const far = distance(point, this.placeOf(handle, this.indexOf(positions)));
        const steps = positions.reduce((sum, p, i) => sum + Math.abs(p - this.positions[i]), 0);
        if (far < nearest.far - 0.01 || (far < nearest.far + 0.01 && steps < nearest.steps))
          nearest = { positions, far, steps };
      }
      return nearest;
    }

    reachable(controls) {
      let all = [this.positions];
      for (const i of controls)
        all = all.flatMap((positions) => this.data.controls[i].texts.map((_, value) => positions.map((p, at) => (at === i ? value : p))));
      return all;
    }

    /* ---- a narrow page shows one panel at a time ---- */

    switchTo(panel) {
      this.dataset.panel = panel;
      this.switches.forEach((button, i) => button.setAttribute("aria-pressed", i === panel));
    }

    /* What a reader moves is what is seen: if only another panel changed, it comes to the front. (Play is looked at.) */
    showWhatMoved(changed) {
      if (this.held || this.playing || !changed.includes(true) || changed[this.dataset.panel]) return;
      this.switchTo(changed.indexOf(true));
    }

    /* ---- play ---- */

    get played() {
      return this.data.controls.findIndex((control) => control.name === this.data.play);
    }

    namePlayButton() {
      if (this.playButton) this.playButton.textContent = this.playing ? "Pause" : calm.matches ? "Step" : "Play";
    }

    playOrPause() {
      if (this.held) return;
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
      return `${this.dataset.name}?${new URLSearchParams(pairs)}`.replaceAll("~", "%7E");
    }

    fromLink() {
      const states = readLink();
      const state = states.get(this.dataset.name);
      if (!state || !this.isConnected) return;
      this.pause();
      this.moveTo(
        this.data.controls.map((control, i) => {
          const position = control.texts.findIndex((text) => plain(text) === state.get(control.name));
          return position < 0 ? this.start[i] : position;
        }),
      );
      const first = states.keys().next().value;
      if (first === this.dataset.name) showOnceSettled(this);
    }

    async copyLink(button) {
      const link = `${ownAddress()}#~${this.state}`;
      const inFrame = window.parent !== window; // then the address bar shows another page
      if (await copied(link)) button.textContent = inFrame ? "Copied (this frame)" : "Copied";
      else this.showLink(link, button);
      setTimeout(() => (button.textContent = COPY_LINK), 2000);
    }

    /* Where nothing may be copied, the link is there to be marked. */
    showLink(link, button) {
      const address = this.querySelector(".mlkit-address") ?? document.createElement("input");
      Object.assign(address, { className: "mlkit-address", readOnly: true, value: link });
      address.setAttribute("aria-label", "link");
      button.after(address);
      address.select();
    }
  }

  /* ---- frames ---- */

  /* What `pack` in frames.py packed: lines, and for each frame the numbers of its lines, its words and its handles. */
  async function unpacked(holder) {
    const text = atob(holder.textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i); // many times as fast as Uint8Array.from
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const { lines, changes, alts, places } = await new Response(stream).json();
    let frame = [];
    const frames = changes.map(([length, ...steps]) => {
      frame = Array.from({ length }, (_, i) => frame[i] ?? 0);
      for (let i = 0, at = 0; i < steps.length; i += 2) frame[(at += steps[i])] += steps[i + 1];
      return frame;
    });
    for (const steps of Object.values(places))
      for (let i = 2; i < steps.length; i++) steps[i] += steps[i - 2]; // then they are places, in tenths of a point
    const inPoints = Object.entries(places).map(([name, tenths]) => [name, tenths.map((n) => n / 10)]);
    return { lines, frames, alts, places: Object.fromEntries(inPoints) };
  }

  const closes = (line) => line.startsWith("</");
  const isWhole = (line) => closes(line) || line.endsWith("/>") || line.includes("</");
  const nameOf = (line) => line.match(/^<\/?([a-zA-Z]+)/)[1];
  const tagOf = (line) => `${nameOf(line)} ${closes(line)} ${isWhole(line)}`;
  const depthOf = (line) => (closes(line) ? -1 : isWhole(line) ? 0 : 1);

  /* A panel on show: which element each of its lines is, so that only what changed is touched. */
  class Panel {
    constructor(panel, lines, frame) {
      [this.lines, this.frame] = [lines, frame];
      const elements = panel.querySelectorAll("*:not(.mlkit-handle)")[Symbol.iterator]();
      this.elements = frame.map((line) => (closes(lines[line]) ? null : elements.next().value));
    }

    /* Show another frame; returns whether it is another one. */
    show(frame) {
      const before = this.frame;
      const same = frame.length === before.length;
      const differ = frame.flatMap((line, i) => (line === before[i] ? [] : [i]));
      const alike = (i) => tagOf(this.lines[frame[i]]) === tagOf(this.lines[before[i]]);
      if (same && differ.every(alike)) this.alter(frame, differ);
      else this.replace(frame);
      this.frame = frame;
      return differ.length > 0 || !same;
    }

    /* Lines that are the same elements with other attributes or another text. */
    alter(frame, differ) {
      const whole = (line) => (isWhole(line) ? line : `${line}</${nameOf(line)}>`);
      const fresh = parsed(differ.map((i) => whole(this.lines[frame[i]])));
      differ.forEach((i, n) => alterElement(this.elements[i], fresh[n]));
    }

    /* A stretch of lines for another one, which may be longer: whole elements, as few as will do. */
    replace(frame) {
      const before = this.frame;
      const shorter = Math.min(frame.length, before.length);
      let [from, after] = [0, 0]; // so many lines at the start and at the end are the same
      while (from < shorter && frame[from] === before[from]) from++;
      while (after < shorter - from && frame.at(-1 - after) === before.at(-1 - after)) after++;
      const stretch = (all) => all.slice(from, all.length - after).map((line) => this.lines[line]);
      for (let [lowest, last] = heights(stretch(before), stretch(frame)); lowest < 0 || last > 0; ) {
        if (lowest < 0) from--;
        else after--;
        [lowest, last] = heights(stretch(before), stretch(frame));
      }
      this.exchange(from, before.length - after, stretch(frame));
    }

    /* Elements in the place of those from one line to another. */
    exchange(from, end, lines) {
      const old = this.elements.slice(from, end).filter(Boolean);
      const behind = this.elements[end] ?? null; // none before a closing line: it is the last of its parent
      const parent = (old[0] ?? behind)?.parentNode ?? this.parentAt(from);
      const fresh = parsed(lines);
      fresh.forEach((element) => parent.insertBefore(element, behind));
      old.forEach((element) => element.remove());
      const elements = fresh.flatMap((element) => [element, ...element.querySelectorAll("*")])[Symbol.iterator]();
      const found = lines.map((line) => (closes(line) ? null : elements.next().value));
      this.elements.splice(from, end - from, ...found);
    }

    /* The element inside of which a line stands. */
    parentAt(place) {
      let [opening, depth] = [place, 0];
      while (depth < 1) depth += depthOf(this.lines[this.frame[--opening]]);
      return this.elements[opening];
    }
  }

  /* How deep below where they begin stretches of lines go, and how far above it they end: whole elements 0 and 0. */
  function heights(...stretches) {
    let [lowest, last] = [0, 0];
    for (const lines of stretches) {
      let height = 0;
      for (const line of lines) lowest = Math.min(lowest, (height += depthOf(line)));
      last = Math.max(last, height);
    }
    return [lowest, last];
  }

  function parsed(lines) {
    const template = document.createElement("template");
    template.innerHTML = `<svg>${lines.join("")}</svg>`;
    return [...document.importNode(template.content, true).firstChild.children];
  }

  function alterElement(old, fresh) {
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (fresh.childElementCount === 0 && old.childElementCount === 0 && old.textContent !== fresh.textContent)
      old.textContent = fresh.textContent;
  }

  /* ---- places ---- */

  const svgOf = (handle) => handle.parentElement.querySelector("svg");
  const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

  /* Where the pointer is, in the points of a handle's panel. */
  function pointIn(handle, event) {
    const svg = svgOf(handle);
    const { left, top, width, height } = svg.getBoundingClientRect();
    const points = svg.viewBox.baseVal;
    return [((event.clientX - left) / width) * points.width, ((event.clientY - top) / height) * points.height];
  }

  /* ---- links ---- */

  const plain = (text) => text.replaceAll("\u2212", "-"); // a minus sign would be nine characters in a link

  /* The page's own address, also of one that another page holds in a frame. */
  function ownAddress() {
    return (location.protocol === "about:" ? document.baseURI : location.href).replace(/#.*/, "");
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copiedAsMarked(text);
    }
  }

  /* As before there was a clipboard to ask: in a frame the new way is often forbidden, and this is not. */
  function copiedAsMarked(text) {
    const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    area.className = "mlkit-spoken";
    Object.assign(area.style, { position: "fixed", top: 0 }); // in view already: nothing scrolls
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }

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
      const name = figure.dataset.name;
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

  // What else the browser has to do comes first. (A timer would do, but a page in the background slows its timers.)
  function aTurn() {
    return new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(null);
    });
  }

  customElements.define("mlkit-explore", MlkitExplore);
})();
