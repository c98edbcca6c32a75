// The canvas of a live view. It is told batches of marks and draws them; it says when it is ready, what it has seen,
// and when the view is to stop. Everything that is written goes through fillText or textContent: text stays text.

const KEPT = 20000; // marks
const SEEN_EVERY = 50; // batches
const TOP = 24, ROW = 24, BAR = 17, BOTTOM = 24, RIGHT = 14;
const NAMES = [70, 240]; // the width of the lanes' names, at least and at most
const TICKS = 5;
const LEAST_SPAN = 0.001; // seconds
const NEAR = 6; // pixels
const TOLD = 6; // marks under the pointer
const FONT = "12px Helvetica, Arial, DejaVu Sans, sans-serif";
const SMALL = "11px Helvetica, Arial, DejaVu Sans, sans-serif";
const INK = "#24292f", GREY = "#6e7781", PALE = "#e6e8eb", WHITE = "#ffffff";

// ---- what is known: `marks` in order, `pending` may still change -------------------------------------------------

function nothing() {
  return { marks: [], pending: [], lanes: [], until: 0, words: [], live: true };
}

function asMark([shape, lane, start, end, text, colour]) {
  return { shape, lane, start, end, text, colour };
}

function taken(known, message) {
  const marks = message.whole ? [] : known.marks;
  for (const one of message.marks) marks.push(asMark(one));
  if (marks.length > KEPT) marks.splice(0, marks.length - KEPT);
  const pending = message.pending.map(asMark);
  return { marks, pending, lanes: message.lanes, until: message.until, words: message.words, live: message.live };
}

function* all(known) {
  yield* known.marks;
  yield* known.pending;
}

function endOf(mark, known) {
  return mark.end === null ? Math.max(known.until, mark.start) : mark.end;
}

// ---- what is shown: `span` seconds that end at `right`; null: all of them, and the latest ------------------------

const ALL = { span: null, right: null };

function extent(known) {
  let first = Infinity, last = known.until;
  for (const mark of all(known)) {
    if (mark.start < first) first = mark.start;
    const end = endOf(mark, known);
    if (end > last) last = end;
  }
  first = Math.min(first, last);
  return [first, Math.max(last, first + LEAST_SPAN)];
}

function shown(known, zoom) {
  const [first, last] = extent(known);
  if (zoom.span === null) return [first, last];
  const right = zoom.right === null ? last : zoom.right;
  return [right - zoom.span, right];
}

function zoomed(known, zoom, factor, share) {
  const [first, last] = extent(known);
  const [left, right] = shown(known, zoom);
  const span = Math.max((right - left) * factor, LEAST_SPAN);
  if (span >= last - first) return ALL;
  const fixed = left + (right - left) * share;
  return placed(known, span, fixed + span * (1 - share));
}

function placed(known, span, right) {
  const [first, last] = extent(known);
  return { span, right: right >= last ? null : Math.max(right, first + span) };
}

// ---- drawing -----------------------------------------------------------------------------------------------------

function layout(context, known, zoom, width) {
  const there = new Set();
  for (const mark of all(known)) there.add(mark.lane);
  const lanes = known.lanes.filter((lane) => there.has(lane));
  context.font = FONT;
  const widest = Math.max(0, ...lanes.map((lane) => context.measureText(lane).width)) + 18;
  const left = Math.min(Math.max(widest, NAMES[0]), NAMES[1], width / 3);
  const [first, last] = shown(known, zoom);
  const scale = (width - left - RIGHT) / (last - first);
  return {
    lanes, left, first, last, scale, width,
    height: TOP + ROW * Math.max(lanes.length, 1) + BOTTOM,
    row: new Map(lanes.map((lane, number) => [lane, TOP + number * ROW])),
    x: (at) => left + (at - first) * scale,
    at: (x) => first + (x - left) / scale,
  };
}

function draw(context, known, place) {
  context.fillStyle = WHITE;
  context.fillRect(0, 0, place.width, place.height);
  drawAxis(context, place);
  context.save();
  context.beginPath();
  context.rect(place.left, 0, place.width - place.left, place.height);
  context.clip();
  const drawn = new Map(), bars = [];
  let count = 0;
  for (const mark of all(known)) {
    if (mark.start > place.last || endOf(mark, known) < place.first) continue;
    count += 1;
    drawMark(context, mark, known, place, drawn);
    if (mark.shape === "bar" && mark.text) bars.push(mark);
  }
  drawTexts(context, bars, known, place);
  context.restore();
  drawNames(context, place);
  return count;
}

function drawAxis(context, place) {
  const digits = Math.min(Math.max(Math.ceil(1 - Math.log10((place.last - place.first) / TICKS)), 1), 4);
  context.font = SMALL;
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const at = place.first + ((place.last - place.first) * tick) / TICKS;
    const x = place.x(at);
    context.fillStyle = PALE;
    context.fillRect(x, TOP - 6, 1, place.height - TOP - BOTTOM + 6);
    context.fillStyle = GREY;
    context.textAlign = tick === 0 ? "left" : tick === TICKS ? "right" : "center";
    context.fillText(`${at.toFixed(digits)} s`, x, place.height - 8);
  }
  context.textAlign = "left";
}

function drawNames(context, place) {
  context.font = FONT;
  for (const [lane, y] of place.row) {
    context.fillStyle = PALE;
    context.fillRect(0, y - 3, place.width, 1);
    context.fillStyle = INK;
    context.fillText(fitted(context, lane, place.left - 16), 8, y + 13);
  }
}

// A dot where one was just drawn is not drawn again: what cannot be told apart costs nothing.
function drawMark(context, mark, known, place, drawn) {
  const x = place.x(mark.start), y = place.row.get(mark.lane);
  if (y === undefined) return;
  context.fillStyle = context.strokeStyle = mark.colour;
  if (mark.shape === "line") {
    context.fillRect(x, TOP - 4, 1.5, place.height - TOP - BOTTOM + 4);
  } else if (mark.shape === "bar") {
    context.fillRect(x, y, Math.max(place.x(endOf(mark, known)) - x, 1.5), BAR);
  } else if (drawn.get(mark.lane) !== Math.round(x * 2)) {
    drawn.set(mark.lane, Math.round(x * 2));
    if (mark.shape === "cross") drawCross(context, x, y + 9);
    else drawDot(context, x, y + 9);
  }
}

// A text stands in its bar, or beside it where there is more room until the next one.
function drawTexts(context, bars, known, place) {
  context.font = SMALL;
  const edges = new Map();
  for (const bar of bars.sort((one, other) => other.start - one.start)) {
    const x = Math.max(place.x(bar.start), place.left), end = Math.max(place.x(endOf(bar, known)), x + 1.5);
    const inside = Math.min(end, place.width) - x - 8, beside = (edges.get(bar.lane) ?? place.width) - end - 8;
    const fits = inside >= Math.min(context.measureText(bar.text).width, beside);
    context.fillStyle = fits ? WHITE : INK;
    context.fillText(fitted(context, bar.text, fits ? inside : beside), (fits ? x : end) + 4, place.row.get(bar.lane) + 13);
    edges.set(bar.lane, x);
  }
}

function drawDot(context, x, y) {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fill();
}

function drawCross(context, x, y) {
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x - 5, y - 5);
  context.lineTo(x + 5, y + 5);
  context.moveTo(x - 5, y + 5);
  context.lineTo(x + 5, y - 5);
  context.stroke();
}

function fitted(context, text, width) {
  if (width < 10) return "";
  if (context.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 0 && context.measureText(text.slice(0, length) + "…").width > width) length = Math.floor(length * 0.9);
  return length > 0 ? text.slice(0, length) + "…" : "";
}

// ---- hover -------------------------------------------------------------------------------------------------------

function under(known, place, pointer) {
  const near = [];
  for (const mark of all(known)) {
    const y = place.row.get(mark.lane);
    const inside = mark.shape === "line" || (pointer.y >= y - 2 && pointer.y < y + ROW - 2);
    if (!inside) continue;
    const x = place.x(mark.start), end = place.x(endOf(mark, known));
    const far = Math.max(x - pointer.x, pointer.x - end, 0);
    if (far <= NEAR) near.push([far, mark]);
  }
  near.sort((one, other) => one[0] - other[0]);
  return near.map(([, mark]) => mark);
}

function told(mark) {
  const lasts = mark.shape === "bar";
  const until = lasts ? ` to ${mark.end === null ? "now" : `${mark.end.toFixed(3)} s`}` : "";
  return `${mark.start.toFixed(3)} s${until}  ${mark.lane}${mark.text ? `  ${mark.text}` : ""}`;
}

// ---- the page ----------------------------------------------------------------------------------------------------

function element(name, parent, style, text) {
  const made = document.createElement(name);
  Object.assign(made.style, style);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function button(parent, text, press) {
  const made = element("button", parent, { marginRight: "6px", font: FONT, cursor: "pointer" }, text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

function built(parent) {
  const box = element("div", parent, { position: "relative", background: WHITE, color: INK, width: "100%" });
  const bar = element("div", box, { padding: "4px" });
  const canvas = element("canvas", box, { display: "block", cursor: "crosshair", touchAction: "pan-y" });
  const tip = element("div", box, {
    position: "absolute", display: "none", pointerEvents: "none", whiteSpace: "pre-wrap", font: SMALL, zIndex: "1",
    background: WHITE, border: `1px solid ${GREY}`, padding: "3px 6px", maxWidth: "80%",
  });
  const words = element("pre", box, { margin: "0", padding: "4px 8px", font: "11px monospace", color: INK, background: WHITE });
  canvas.setAttribute("role", "img");
  tip.className = "rxrealtime-tip";
  words.className = "rxrealtime-words";
  return { box, bar, canvas, tip, words };
}

function sized(canvas, width, height) {
  const dense = window.devicePixelRatio || 1, context = canvas.getContext("2d");
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  context.setTransform(dense, 0, 0, dense, 0, 0);
  return context;
}

function show(tip, marks, pointer, place, top) {
  tip.style.display = marks.length ? "block" : "none";
  if (!marks.length) return;
  const more = marks.length > TOLD ? [`and ${marks.length - TOLD} more`] : [];
  tip.textContent = [...marks.slice(0, TOLD).map(told), ...more].join("\n");
  const right = pointer.x > place.width / 2;
  Object.assign(tip.style, {
    top: `${top + pointer.y + 14}px`,
    left: right ? "auto" : `${pointer.x + 10}px`,
    right: right ? `${place.width - pointer.x + 10}px` : "auto",
  });
}

class View {
  constructor(model, parent) {
    this.known = nothing();
    this.zoom = ALL;
    this.pointer = this.dragged = null;
    this.asked = 0;
    this.page = built(parent);
    this.stop = button(this.page.bar, "Stop", () => model.send({ kind: "stop" }));
    button(this.page.bar, "Zoom in", () => this.closer(0.5));
    button(this.page.bar, "Zoom out", () => this.closer(2));
    button(this.page.bar, "Show all", () => this.look(ALL));
    element("span", this.page.bar, { font: SMALL, color: GREY }, "Ctrl + wheel: zoom; drag: move");
    this.paint();
    this.listen(this.page.canvas);
  }

  listen(canvas) {
    canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", () => this.released(this.pointer));
    canvas.addEventListener("pointerleave", () => this.released(null));
    canvas.addEventListener("dblclick", () => this.look(ALL));
  }

  take(message) {
    this.known = taken(this.known, message);
    this.redraw();
  }

  redraw() {
    if (!this.asked) this.asked = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.asked = 0;
    const { box, canvas, words, tip } = this.page, { known } = this, width = Math.max(box.clientWidth, 200);
    this.place = layout(canvas.getContext("2d"), known, this.zoom, width);
    const count = draw(sized(canvas, width, this.place.height), known, this.place);
    const range = `${this.place.first.toFixed(3)} s to ${this.place.last.toFixed(3)} s`;
    canvas.setAttribute("aria-label", `${this.place.lanes.length} lanes, ${count} marks, ${range}`);
    words.textContent = known.words.join("\n");
    this.stop.disabled = !known.live;
    this.stop.textContent = known.live ? "Stop" : "Stopped";
    const marks = this.pointer && !this.dragged ? under(known, this.place, this.pointer) : [];
    show(tip, marks, this.pointer, this.place, canvas.offsetTop);
  }

  look(zoom) {
    this.zoom = zoom;
    this.redraw();
  }

  closer(factor) {
    this.look(zoomed(this.known, this.zoom, factor, this.zoom.right === null ? 1 : 0.5));
  }

  wheeled(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const share = (event.offsetX - this.place.left) / (this.place.width - this.place.left - RIGHT);
    this.look(zoomed(this.known, this.zoom, event.deltaY < 0 ? 0.8 : 1.25, Math.min(Math.max(share, 0), 1)));
  }

  pressed(event) {
    this.page.canvas.setPointerCapture(event.pointerId);
    this.dragged = { x: event.offsetX, right: this.place.last, scale: this.place.scale };
  }

  moved(event) {
    this.pointer = { x: event.offsetX, y: event.offsetY };
    if (this.dragged && this.zoom.span !== null) {
      const right = this.dragged.right - (this.pointer.x - this.dragged.x) / this.dragged.scale;
      this.zoom = placed(this.known, this.zoom.span, right);
    }
    this.redraw();
  }

  released(pointer) {
    this.pointer = pointer;
    this.dragged = null;
    this.redraw();
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  const hear = (message) => {
    if (message.kind !== "batch") return;
    view.take(message);
    if (message.batch % SEEN_EVERY === 0) model.send({ kind: "seen", batch: message.batch });
  };
  const resized = new ResizeObserver(() => view.redraw());
  resized.observe(view.page.box);
  model.on("msg:custom", hear);
  model.send({ kind: "ready" });
  return () => {
    model.off("msg:custom", hear);
    resized.disconnect();
    cancelAnimationFrame(view.asked);
  };
}

export default { render };
