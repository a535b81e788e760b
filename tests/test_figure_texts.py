"""Every word of every figure can be read, in every frame: it lies on no other word and no mark, and in its picture.

One function in the page looks at a picture as it stands there. Where ink is, it takes from the drawing itself: the
lines as they are written, and the texts as the page's own font draws them. Its rules:

* Words lie on no other word, and those of one line do not touch; none is in the picture twice.
* Words lie on no line and no mark. They may stand within a filled mark, and on the grid, an axis or a faint area.
* The samples of a legend are crossed by no line, except by a thin guide.
* What lies beneath a patch of paper is hidden, and words on the patch can be read. The patch may hide a part of the one
  line that it names, but no second line and no mark; one through which one can see is a legend's, and hides no data.
* A halo, which is the same text beneath in the color of paper, lets words lie on thin lines.
* No word leaves its picture.

To look at one page only: ``pytest tests/test_figure_texts.py -k 05-sgd``.
"""

import pytest
from book_fixtures import book_pages, figures_on

pytestmark = [pytest.mark.browser, pytest.mark.build]

AT_MOST = 5  # faults told of one figure

# window.faultsOf(picture) lists what is wrong in a .mlkit-figure, in words. All lengths are in points of the drawing.
FAULTS = r"""() => {
  const SLACK = 0.4; // the corners of a box round a word are mostly empty
  const APART = 2; // words of a line that are closer read as one
  const BESIDE = 12; // this far from a sample of a line its name begins
  const FAINT = 0.36; // what is more transparent is a background on which one can read
  const HIDES = 0.8; // what is less transparent hides what lies beneath
  const THIN = 0.6; // half the width of a guide

  const kept = (make) => {
    const known = new Map();
    return (...given) => {
      const key = given.length > 1 ? given.join(' ') : given[0];
      if (!known.has(key)) known.set(key, make(...given));
      return known.get(key);
    };
  };
  const meet = ([a, b, c, d], [e, f, g, h]) => a < g && e < c && b < h && f < d;
  const grown = ([a, b, c, d], x, y = x) => [a - x, b - y, c + x, d + y];
  const within = ([a, b, c, d], [e, f, g, h]) => a >= e && b >= f && c <= g && d <= h;
  const common = ([a, b, c, d], [e, f, g, h]) => [Math.max(a, e), Math.max(b, f), Math.min(c, g), Math.min(d, h)];
  const union = ([a, b, c, d], [e, f, g, h]) => [Math.min(a, e), Math.min(b, f), Math.max(c, g), Math.max(d, h)];
  const boxOf = (points) => points.reduce((box, [x, y]) => union(box, [x, y, x, y]), [1e9, 1e9, -1e9, -1e9]);

  /* ---- what is drawn ---- */

  const pairsOf = kept((style) => style.split(';').map((part) => part.split(':')));
  const settingsOf = (element) => Object.fromEntries([...element.attributes].flatMap(({ name, value }) =>
    name === 'style' ? pairsOf(value) : [[name, value]]));
  const colorOf = (value) => value?.match(/--mlkit-(\w+)/)?.[1] ?? value ?? 'none';

  /* The lines of a path as lists of points; a curve as eight short lines. */
  const linesOf = kept((d) => {
    const lines = [];
    let here = [0, 0];
    for (const [, letter, rest] of d.matchAll(/([MLQClz])([^MLQClz]*)/g)) {
      const numbers = rest.match(/-?[\d.]+/g)?.map(Number) ?? [];
      const points = numbers.flatMap((x, i) => (i % 2 ? [] : [[x, numbers[i + 1]]]));
      if (letter === 'M') lines.push([points[0]]);
      else if (letter === 'z') lines.at(-1).push(lines.at(-1)[0]);
      else if (letter === 'l') lines.at(-1).push([here[0] + points[0][0], here[1] + points[0][1]]);
      else for (let i = 1; i <= 8; i++) lines.at(-1).push(onCurve([here, ...points], letter === 'L' ? 1 : i / 8));
      here = lines.at(-1).at(-1);
    }
    return lines;
  });
  const onCurve = (points, share) => {
    while (points.length > 1)
      points = points.slice(1).map((p, i) => p.map((x, k) => points[i][k] + share * (x - points[i][k])));
    return points[0];
  };
  const shapeOf = kept((d) => kept((x, y) => {
    const lines = linesOf(d).map((line) => line.map(([a, b]) => [a + x, b + y]));
    return { lines, box: boxOf(lines.flat()) };
  }));

  /* The ink of a text round the point at which it stands, measured large since small letters are rounded. */
  const pen = document.createElement('canvas').getContext('2d');
  const family = kept(() => getComputedStyle(document.querySelector('.mlkit-figure text')).fontFamily);
  const inkOf = kept((text, size, weight, anchor) => {
    pen.font = `${weight} 100px ${family()}`;
    pen.textAlign = { start: 'left', middle: 'center', end: 'right' }[anchor];
    const ink = pen.measureText(text);
    const sides = [-ink.actualBoundingBoxLeft, -ink.actualBoundingBoxAscent,
      ink.actualBoundingBoxRight, ink.actualBoundingBoxDescent];
    return sides.map((side) => (side * Number(size)) / 100);
  });
  const boxOfText = (element, settings) => {
    const transform = settings.transform ?? '';
    const place = transform.match(/translate\((\S+)[ ,](\S+)\)/)?.slice(1) ?? [settings.x ?? 0, settings.y ?? 0];
    const [left, top, right, bottom] = inkOf(element.textContent.trim(), parseFloat(settings['font-size']),
      settings['font-weight'] ?? 'normal', settings['text-anchor'] ?? 'start');
    const turned = transform.includes('rotate(-90') ? [top, -right, bottom, -left] : [left, top, right, bottom];
    return turned.map((side, i) => side + Number(place[i % 2]));
  };

  /* An element as what it draws; null for what words may lie on: the grid, an axis, a picture of colors. */
  const thing = (element, clip) => {
    const settings = settingsOf(element);
    const [stroke, fill] = [colorOf(settings.stroke), colorOf(settings.fill)];
    const half = stroke === 'none' ? 0 : Number(settings['stroke-width'] ?? 1) / 2;
    if (element.nodeName === 'text')
      return { text: element.textContent.trim(), stroke, box: boxOfText(element, settings), lines: [], solid: 0 };
    if (!['path', 'use'].includes(element.nodeName)) return null;
    const solid = fill === 'none' ? 0 : Number(settings.opacity ?? 1) * Number(settings['fill-opacity'] ?? 1);
    const marker = element.nodeName === 'use';
    const shape = marker ? document.getElementById(settings.href.slice(1)) : element;
    const place = [Number(settings.x ?? 0), Number(settings.y ?? 0)];
    const { lines, box } = shapeOf(shape.getAttribute('d') ?? '')(...place);
    const spine = !clip && settings['stroke-linejoin'] === 'miter' && settings['stroke-width'] === '0.8';
    const nothing = lines.every((line) => line.length < 2);
    return spine || nothing || stroke === 'grid' ? null : { marker, clip, stroke, fill, half, solid, lines, box };
  };
  const clipOf = (element) => {
    const [, id] = element.getAttribute('clip-path')?.match(/#([^)"]+)/) ?? [];
    if (!id) return undefined;
    const shape = document.getElementById(id).firstElementChild;
    if (shape.nodeName === 'path') return shapeOf(shape.getAttribute('d'))(0, 0).box;
    const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => Number(shape.getAttribute(name)));
    return [x, y, x + width, y + height];
  };
  const thingsIn = (parent, outer) => [...parent.children].flatMap((element) => {
    if (element.nodeName === 'defs') return [];
    const clip = clipOf(element) ?? outer;
    return element.nodeName === 'g' ? thingsIn(element, clip) : thing(element, clip) ?? [];
  });

  /* ---- what lies on what ---- */

  const enters = ([x, y], [u, v], [a, b, c, d]) => { // whether a straight line enters a box (Liang and Barsky)
    let [from, to] = [0, 1];
    for (const [step, room] of [[x - u, x - a], [u - x, c - x], [y - v, y - b], [v - y, d - y]]) {
      if (step === 0 && room < 0) return false;
      if (step < 0) from = Math.max(from, room / step);
      if (step > 0) to = Math.min(to, room / step);
    }
    return from <= to;
  };
  const visible = (mark, box) => (mark.clip ? common(box, mark.clip) : box);
  const onOutline = (mark, box) => {
    const near = visible(mark, grown(box, mark.half));
    if (near[0] >= near[2] || near[1] >= near[3] || !meet(grown(mark.box, 0.01), near)) return false;
    return mark.lines.some((line) => line.some((point, i) => i && enters(line[i - 1], point, near)));
  };
  const contains = (mark, box) => {
    const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    if (!meet([x, y, x, y], mark.box) || (mark.clip && !meet([x, y, x, y], mark.clip))) return false;
    let inside = false; // each side of a closed line that is passed on the way out turns it round
    for (const line of mark.lines)
      for (let i = 0; i < line.length; i++) {
        const [[a, b], [c, d]] = [line[i], line[(i + 1) % line.length]];
        if (b > y !== d > y && x < a + ((y - b) * (c - a)) / (d - b)) inside = !inside;
      }
    return inside;
  };
  const covers = (mark, box) => mark.solid > 0 && contains(mark, box) && !onOutline(mark, box);
  const isPatch = (mark) => mark.fill === 'paper' && mark.stroke === 'none';

  const disturbs = (mark, box, later) => { // later: it is drawn over the box
    if (isPatch(mark)) return later && (onOutline(mark, box) || contains(mark, box));
    if (mark.stroke === 'none' && mark.solid < FAINT) return false;
    return onOutline(mark, box) || (later && mark.solid >= FAINT && contains(mark, box));
  };

  const nameOf = (mark) => {
    const color = mark.stroke === 'none' || (mark.solid >= HIDES && mark.fill !== 'paper') ? mark.fill : mark.stroke;
    return `${/^[aeiou]/.test(color) ? 'an' : 'a'} ${color} ${mark.marker ? 'marker' : mark.solid ? 'shape' : 'line'}`;
  };

  /* ---- what is wrong with a text; things are in the order in which they are drawn ---- */

  const outside = (text, [left, top, right, bottom]) => {
    const [a, b, c, d] = text.box;
    const beyond = { left: left - a, top: top - b, right: c - right, bottom: d - bottom };
    const sides = Object.keys(beyond).filter((side) => beyond[side] > SLACK);
    return sides.map((side) => `leaves the picture at the ${side}`);
  };

  const onTexts = (text, texts) => texts.slice(texts.indexOf(text) + 1).flatMap((other) => {
    if (text.text === other.text && text.box.join() === other.box.join()) return ['is drawn twice'];
    if (meet(text.box, other.box)) return [`lies on “${other.text}”`];
    const inLine = Math.min(text.box[3], other.box[3]) - Math.max(text.box[1], other.box[1]) > APART;
    return inLine && meet(grown(text.box, APART, 0), other.box) ? [`touches “${other.text}”`] : [];
  });

  const onMarks = (text, things) => {
    const at = things.indexOf(text);
    const box = grown(text.box, -SLACK);
    const halo = things.some((other) => isHalo(other) && other.text === text.text && meet(other.box, text.box));
    const ground = things.findLastIndex((mark, i) => i < at && mark.solid >= HIDES && covers(mark, box));
    const bears = (mark, i) => i < at && halo && !mark.solid && mark.half <= THIN;
    const marks = things.filter((mark, i) => i > ground && !bears(mark, i) && disturbs(mark, box, i > at));
    return marks.map((mark) => `lies on ${nameOf(mark)}`);
  };
  const isHalo = (drawn) => drawn.text && drawn.stroke === 'paper';

  /* In a legend, what a name stands behind: a short level line, a marker or a rectangle. */
  const isSample = ({ text, marker, clip, lines, box }) => {
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    if (text || width > 50 || height > 15) return false;
    return (width > 8 && height < 0.3 && lines[0].length === 3) || (!clip && (marker || lines[0].length === 5));
  };
  const samplesOf = (text, things) => things.filter((mark) => {
    const gap = text.box[0] - mark.box[2];
    const lower = (mark.box[1] + mark.box[3] - text.box[1] - text.box[3]) / 2;
    return isSample(mark) && gap > 0 && gap < BESIDE && Math.abs(lower) < 4;
  });
  const onSamples = (text, things) => {
    const samples = samplesOf(text, things);
    if (!samples.length) return [];
    const row = samples.map((sample) => sample.box).reduce(union, text.box);
    const belongs = (mark) => samples.some((sample) => within(mark.box, grown(sample.box, 8)));
    const data = things.filter((mark) => mark.clip && !belongs(mark) && (mark.half > THIN || mark.solid >= FAINT));
    return data.filter((mark) => disturbs(mark, row, true)).map((mark) => `has ${nameOf(mark)} across its sample`);
  };

  const onPatch = (text, things) => {
    const at = things.indexOf(text);
    const under = things.findLastIndex((mark, i) => i < at && isPatch(mark) && covers(mark, text.box));
    if (under < 0) return [];
    const patch = things[under];
    const beneath = things.slice(0, under).filter((mark) => !mark.text && !isPatch(mark)
      && (onOutline(mark, patch.box) || (mark.solid >= FAINT && contains(mark, patch.box))));
    const lines = beneath.filter((mark) => !mark.solid);
    const hidden = patch.solid < 1 ? beneath.filter((mark) => mark.stroke !== 'muted')
      : lines.length > 1 ? beneath : beneath.filter((mark) => mark.solid);
    return hidden.map((mark) => `hides ${nameOf(mark)}`);
  };

  const faultsIn = (svg) => {
    const things = thingsIn(svg).filter((drawn) => drawn.text !== '');
    const texts = things.filter((drawn) => drawn.text && !isHalo(drawn));
    const { width, height } = svg.viewBox.baseVal;
    return texts.flatMap((text) => {
      const marks = onMarks(text, things);
      const faults = [...outside(text, [0, 0, width, height]), ...onTexts(text, texts), ...onPatch(text, things),
        ...marks, ...(marks.length ? [] : onSamples(text, things))];
      return [...new Set(faults)].map((fault) => `“${text.text}” ${fault}`);
    });
  };
  window.faultsOf = (picture) => [...picture.querySelectorAll('svg')].flatMap(faultsIn);
}"""

# Every frame of a slider figure: how many there are, and each kind of fault (whatever the numbers in it) once, with
# the values at which it is first seen and the number of frames that have it.
FAULTS_OF_FRAMES = r"""(figure) => {
  const kinds = new Map();
  const counts = figure.data.controls.map((control) => control.texts.length);
  const total = counts.reduce((product, count) => product * count, 1);
  for (let frame = 0; frame < total; frame++) {
    figure.positions = counts.map((count, i) =>
      Math.floor(frame / counts.slice(i + 1).reduce((product, n) => product * n, 1)) % count);
    figure.paint();
    const seen = new Set();
    for (const fault of window.faultsOf(figure.querySelector('.mlkit-figure'))) {
      const kind = fault.replace(/[−\d.⁻⁰¹²³⁴-⁹]+/g, '#');
      const at = figure.querySelector('.mlkit-values').textContent;
      if (!kinds.has(kind)) kinds.set(kind, { fault, at, frames: 0 });
      if (!seen.has(kind)) kinds.get(kind).frames += 1;
      seen.add(kind);
    }
  }
  return { total, faults: [...kinds.values()].sort((a, b) => b.frames - a.frames) };
}"""

STILL = """(pictures) => pictures.filter((picture) => !picture.closest('mlkit-explore'))
  .map((picture) => [picture.ariaLabel, window.faultsOf(picture)])"""


def told(where, faults):
    """The first few faults of a figure, a line each."""
    more = [f"  and {len(faults) - AT_MOST} more"] if len(faults) > AT_MOST else []
    return [where, *(f"  {fault}" for fault in faults[:AT_MOST]), *more] if faults else []


@pytest.mark.parametrize("name", book_pages())
def test_every_word_of_every_figure_can_be_read(name, book, readers):
    lines = []
    with readers["light"].opens(book / f"{name}.html") as page:
        page.evaluate(FAULTS)
        for label, faults in page.locator(".mlkit-figure").evaluate_all(STILL):
            lines += told(f"a picture ({label[:60]}…):", faults)
        for figure in figures_on(page):
            measured = figure.evaluate(FAULTS_OF_FRAMES)
            assert measured["total"] > 1, f"figure {figure.name} has no frames"
            faults = [f"{f['fault']} at {f['at']} (in {f['frames']} frames)" for f in measured["faults"]]
            lines += told(f"figure {figure.name}, {measured['total']} frames:", faults)
    assert not lines, "\n".join([f"{name}:", *lines])
