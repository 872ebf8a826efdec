// The state of the editor: the selected face, a move by keys in progress, and the edits sent to the server.
import { moved, resized } from "./geometry.js";

/** Arrow keys within this many milliseconds are one edit. */
const PAUSE = 600;
const CORNER = { x: 1, y: 1 };

export class Editor {
  /** `onChange` redraws, `say` announces a text to screen readers. */
  constructor({ faces, edits, view, zoom, onChange, say }) {
    Object.assign(this, { store: faces, edits, view, zoom, onChange, say });
    this.chosen = null;
    this.draft = null;
    this.shownAt = performance.now();
  }

  /** The faces from top to bottom. */
  get faces() {
    const shown = this.store.list.map((face) => (face.ref === this.draft?.ref ? { ...face, box: this.draft.box } : face));
    return shown.sort((one, other) => one.box[1] - other.box[1] || one.box[0] - other.box[0]);
  }

  get chosenFace() {
    return this.faces.find(({ ref }) => ref === this.chosen) ?? null;
  }

  choose(ref) {
    this.finishMove();
    this.chosen = ref;
    this.shownAt = performance.now();
    this.onChange();
  }

  /** Selects the next or previous face. */
  step(by) {
    const order = this.faces;
    if (!order.length) return;
    const at = order.findIndex(({ ref }) => ref === this.chosen);
    const to = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
    this.choose(order[to].ref);
  }

  /** Shows a box while it is dragged, without an edit. */
  preview(ref, box) {
    this.chosen = ref;
    this.view.place(ref, box);
  }

  stopPreview() {
    this.onChange();
  }

  /** Moves a face, or draws a new one if `ref` is null. */
  place(ref, box) {
    if (ref) this.finishMove(ref);
    const edit = this.#do(ref ? "move" : "draw", ref ?? undefined, { box });
    this.chosen = edit.sent.key;
    this.say(ref ? "Box moved" : "Box drawn");
  }

  /** Moves the selected box, or its right and lower edges, by a pixel of the screen, but at least one of the photo. */
  nudge(dx, dy, resize) {
    const face = this.chosenFace;
    if (!face) return false;
    const step = Math.max(1, Math.round(1 / this.zoom.scale));
    const box = (resize ? resized(face.box, CORNER, dx * step, dy * step, this.zoom) : moved(face.box, dx * step, dy * step, this.zoom));
    this.#startMove(face.ref, box);
    return true;
  }

  #startMove(ref, box) {
    clearTimeout(this.draft?.timer);
    this.draft = { ref, box, timer: setTimeout(() => this.finishMove(), PAUSE) };
    this.edits.announce();
    this.onChange();
  }

  /** Turns a move by arrow keys into an edit, unless `replaced` is the same face. */
  finishMove(replaced) {
    const { draft } = this;
    if (!draft) return;
    clearTimeout(draft.timer);
    this.draft = null;
    if (draft.ref !== replaced) this.place(draft.ref, draft.box);
  }

  remove() {
    if (!this.chosen) return false;
    this.finishMove();
    const face = this.chosen;
    this.step(1);
    if (this.chosen === face) this.chosen = null;
    this.#do("remove", face);
    this.say("Box removed");
    return true;
  }

  accept() {
    this.finishMove();
    if (this.chosenFace?.status !== "proposed") return false;
    this.#do("accept", this.chosen);
    this.say("Box accepted");
    return true;
  }

  acceptAll() {
    this.finishMove();
    const proposed = this.faces.filter(({ status }) => status === "proposed");
    for (const { ref } of proposed) this.#do("accept", ref);
    this.say(`${proposed.length} boxes accepted`);
  }

  label(label) {
    this.finishMove();
    if (!this.chosenFace) return false;
    this.#do("label", this.chosen, { label, milliseconds: Math.round(performance.now() - this.shownAt) });
    this.say(label === "cannot_tell" ? "Answered: can't tell" : `Labelled ${label.replaceAll("_", " ")}`);
    return true;
  }

  /** Labels a face in bulk, so without the time that it took. */
  labelFace(ref, label) {
    this.#do("label", ref, { label });
  }

  mark() {
    this.finishMove();
    this.#do(this.store.boxed ? "unboxed" : "boxed");
    this.say(this.store.boxed ? "All faces boxed" : "No longer marked as boxed");
  }

  undo() {
    this.finishMove();
    this.#turn(this.store.undo(), "Undone", "Nothing to undo");
  }

  redo() {
    this.#turn(this.store.redo(), "Redone", "Nothing to redo");
  }

  /** Shows the state from the server with the pending edits applied. */
  show(state, waiting) {
    this.store.show(state, waiting);
    if (!this.store.get(this.chosen)) this.chosen = null;
    if (this.draft && !this.store.get(this.draft.ref)) this.draft = null;
    this.onChange();
  }

  refuse(edit) {
    this.store.refuse(edit);
  }

  #turn(edit, done, nothing) {
    if (!edit) return this.say(nothing);
    const back = edit.changes.findLast(({ after }) => after);
    this.chosen = back?.ref ?? (this.store.get(this.chosen) ? this.chosen : null);
    this.edits.add(edit);
    this.onChange();
    return this.say(done);
  }

  #do(kind, ref, details) {
    const edit = this.store.make(kind, ref, details);
    this.edits.add(edit);
    this.onChange();
    return edit;
  }
}
