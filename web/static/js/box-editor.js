// The box editor: creates its parts and connects actions to keys and buttons.
import { Editor } from "./box-editor/editor.js";
import { Faces } from "./box-editor/faces.js";
import { List } from "./box-editor/list.js";
import { Pointer } from "./box-editor/pointer.js";
import { UnconfirmedQuestion, acceptPredictions } from "./box-editor/unconfirmed.js";
import { View } from "./box-editor/view.js";
import { Edits, sendLeftovers } from "./edits.js";
import { follow, onHold, onKeys } from "./keys.js";
import { plural } from "./numbers.js";
import { Zoom } from "./zoom.js";

const STATUS = {
  saved: () => "Saved",
  saving: () => "Saving …",
  offline: (count) => `No connection: ${plural(count, "change")} ${count === 1 ? "is" : "are"} kept here and sent again`,
  barred: () => "Sign in again or reload the page; your changes are kept",
};
/** Maximum zoom, in CSS pixels per pixel of the photo. */
const LARGEST_SCALE = 12;

const stage = document.getElementById("stage");
const sheet = document.getElementById("sheet");
const side = document.getElementById("side");
const status = document.getElementById("sending");
const spoken = document.getElementById("spoken");
const page = document.getElementById("editor").dataset;

const faces = new Faces(JSON.parse(page.state), { blind: "blind" in page });
const view = new View(sheet.querySelector(".boxes"));
const edits = new Edits(page.edits, {
  stateUrl: page.faces,
  onState: (state, waiting) => editor.show(state, waiting),
  onRefused: (edit, error) => {
    editor.refuse(edit);
    say(error.message);
    showError(error.message);
  },
  onStatus: (name, count) => {
    status.dataset.status = name;
    status.textContent = STATUS[name](count);
  },
});
const zoom = new Zoom(stage, sheet, (scale) => view.fit(scale), {
  pans: (event) => pointer.pans(event),
  largest: LARGEST_SCALE,
});
const editor = new Editor({ faces, edits, view, zoom, onChange: redraw, say });
const pointer = new Pointer(stage, zoom, editor);
const list = new List(side, editor);
const question = new UnconfirmedQuestion(document.getElementById("unconfirmed"));

function say(text) {
  spoken.textContent = text;
}

function showError(text) {
  const notice = document.getElementById("refused");
  notice.querySelector("span").textContent = text;
  notice.hidden = false;
}

function redraw() {
  view.show(editor.faces, editor.chosen);
  list.show();
}

/** Zooms to the selected face. */
function zoomToFace() {
  const face = editor.chosenFace;
  if (!face) return false;
  const [x1, y1, x2, y2] = face.box;
  const room = 0.4 * Math.min(stage.clientWidth / (x2 - x1), stage.clientHeight / (y2 - y1));
  zoom.by(room / zoom.scale);
  zoom.centre((x1 + x2) / 2, (y1 + y2) / 2);
  return true;
}

/** Selects the next or previous face and scrolls to it. */
function step(by) {
  editor.step(by);
  const box = editor.chosenFace?.box;
  if (box) zoom.centre((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
}

/** Adds a box in the centre of the visible area. */
function addInMiddle() {
  const frame = stage.getBoundingClientRect();
  const { x, y } = zoom.toPhoto({ clientX: frame.x + frame.width / 2, clientY: frame.y + frame.height / 2 });
  const half = Math.min(60 / zoom.scale, zoom.width / 4, zoom.height / 4);
  const round = (values) => values.map(Math.round);
  editor.place(null, round([Math.max(0, x - half), Math.max(0, y - half), Math.min(zoom.width, x + half), Math.min(zoom.height, y + half)]));
}

function drawNext(forced) {
  pointer.forced = forced;
  document.querySelector("[data-do=draw]").setAttribute("aria-pressed", String(forced));
}

function leave(selector) {
  editor.finishMove();
  return follow(selector);
}

/** Marks the photo, after a question if a face has no label; false if the person cancelled. */
async function mark() {
  editor.finishMove();
  const answer = editor.store.boxed ? "leave" : await question.ask(editor.faces, editor.store);
  if (answer === "cancel") return false;
  if (answer === "accept") acceptPredictions(editor);
  editor.mark();
  return true;
}

/** Marks the photo and opens the next one to box, if there is one. */
async function markAndGoOn() {
  if (editor.store.boxed || (await mark())) leave('[rel="next"]');
}

/** Escape deselects first, then leaves. */
function back() {
  if (pointer.forced) drawNext(false);
  else if (editor.chosen) editor.choose(null);
  else return leave("[data-key-back]");
  return true;
}

const ACTIONS = {
  // By keyboard, the button adds a box that can be moved.
  draw: (event) => (event.detail === 0 ? addInMiddle() : drawNext(!pointer.forced)),
  remove: () => editor.remove(),
  accept: () => editor.accept(),
  "accept-all": () => editor.acceptAll(),
  mark,
  "mark-on": markAndGoOn,
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  larger: () => zoom.larger(),
  smaller: () => zoom.smaller(),
};
for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", ACTIONS[button.dataset.do]);
for (const button of document.querySelectorAll("[data-label]")) {
  button.addEventListener("click", () => editor.label(button.dataset.label));
}
/** After a mouse click, keys apply to the photo again. */
side.addEventListener("click", (event) => event.detail > 0 && event.target.closest("button")?.blur());
stage.addEventListener("pointerup", () => pointer.forced && drawNext(false));
addEventListener("pagehide", () => editor.finishMove());

const arrow = (dx, dy) => (event) => editor.nudge(dx, dy, event.shiftKey);
onKeys({
  ArrowLeft: arrow(-1, 0),
  ArrowRight: arrow(1, 0),
  ArrowUp: arrow(0, -1),
  ArrowDown: arrow(0, 1),
  1: () => editor.label("with_mask"),
  2: () => editor.label("without_mask"),
  3: () => editor.label("incorrect"),
  4: () => editor.label("not_a_face"),
  5: () => editor.label("cannot_tell"),
  n: () => step(1),
  p: () => step(-1),
  d: addInMiddle,
  a: () => editor.accept(),
  A: () => editor.acceptAll(),
  m: mark,
  f: zoomToFace,
  z: () => editor.undo(),
  Z: () => editor.redo(),
  "Ctrl+z": () => editor.undo(),
  "Ctrl+Z": () => editor.redo(),
  "Ctrl+y": () => editor.redo(),
  Delete: () => editor.remove(),
  Backspace: () => editor.remove(),
  "+": () => zoom.larger(),
  "=": () => zoom.larger(),
  "-": () => zoom.smaller(),
  0: () => zoom.whole(),
  Enter: (event) => event.target.closest("button, a, summary") === null && markAndGoOn(),
  "[": () => leave('[rel="prev"]'),
  "]": () => leave('[rel="next"]'),
  Escape: back,
});
/** While Space is held, dragging moves the photo. */
onHold(" ", (held) => {
  pointer.panning = held;
});

faces.adopt(edits.adopt());
redraw();
// Select the face given in the URL.
const wanted = faces.list.find(({ id }) => String(id) === page.chosen);
if (wanted) {
  editor.choose(wanted.ref);
  zoomToFace();
}
sendLeftovers(page.edits);
