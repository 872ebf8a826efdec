// One photo's faces being edited: what is chosen, what is being moved by keys, and what goes to the server.
import { moved, resized } from "./geometry.js";

/** Arrow keys that follow each other this closely are one edit. */
const PAUSE = 600;
const CORNER = { x: 1, y: 1 };

export class Editor {
  /** `onChange` draws anew, `say` tells those who listen. */
  constructor({ faces, edits, view, zoom, onChange, say }) {
    Object.assign(this, { store: faces, edits, view, zoom, onChange, say });
    this.chosen = null;
    this.draft = null;
    this.shownAt = performance.now();
  }

  /** In reading order, the topmost first. */
  get faces() {
    const shown = this.store.list.map((face) => (face.ref === this.draft?.ref ? { ...face, box: this.draft.box } : face));
    return shown.sort((one, other) => one.box[1] - other.box[1] || one.box[0] - other.box[0]);
  }

  get chosenFace() {
    return this.faces.find(({ ref }) => ref === this.chosen) ?? null;
  }

  choose(ref) {
    this.settle();
    this.chosen = ref;
    this.shownAt = performance.now();
    this.onChange();
  }

  /** The next face, or the one before. */
  step(by) {
    const order = this.faces;
    if (!order.length) return;
    const at = order.findIndex(({ ref }) => ref === this.chosen);
    const to = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
    this.choose(order[to].ref);
  }

  /** A box that follows the pointer, not yet an edit. */
  preview(ref, box) {
    this.chosen = ref;
    this.view.place(ref, box);
  }

  stopPreview() {
    this.onChange();
  }

  /** Moves a face there, or draws a new one where `ref` is null. */
  place(ref, box) {
    if (ref) this.settle(ref);
    const edit = this.#do(ref ? "move" : "draw", ref ?? undefined, { box });
    this.chosen = edit.sent.key;
    this.say(ref ? "Box moved" : "Box drawn");
  }

  /** Moves the chosen box, or its right and lower edges, by steps of a pixel of the screen, at least one of the photo. */
  nudge(dx, dy, resize) {
    const face = this.chosenFace;
    if (!face) return false;
    const step = Math.max(1, Math.round(1 / this.zoom.scale));
    const box = (resize ? resized(face.box, CORNER, dx * step, dy * step, this.zoom) : moved(face.box, dx * step, dy * step, this.zoom));
    this.#sketch(face.ref, box);
    return true;
  }

  #sketch(ref, box) {
    clearTimeout(this.draft?.timer);
    this.draft = { ref, box, timer: setTimeout(() => this.settle(), PAUSE) };
    this.edits.announce();
    this.onChange();
  }

  /** Ends a run of arrow keys; without a trace where the same box is placed otherwise. */
  settle(replaced) {
    const { draft } = this;
    if (!draft) return;
    clearTimeout(draft.timer);
    this.draft = null;
    if (draft.ref !== replaced) this.place(draft.ref, draft.box);
  }

  remove() {
    if (!this.chosen) return false;
    this.settle();
    const face = this.chosen;
    this.step(1);
    if (this.chosen === face) this.chosen = null;
    this.#do("remove", face);
    this.say("Box removed");
    return true;
  }

  accept() {
    this.settle();
    if (this.chosenFace?.standing !== "proposed") return false;
    this.#do("accept", this.chosen);
    this.say("Box accepted");
    return true;
  }

  acceptAll() {
    this.settle();
    const proposed = this.faces.filter(({ standing }) => standing === "proposed");
    for (const { ref } of proposed) this.#do("accept", ref);
    this.say(`${proposed.length} boxes accepted`);
  }

  label(label) {
    this.settle();
    if (!this.chosenFace) return false;
    this.#do("label", this.chosen, { label, milliseconds: Math.round(performance.now() - this.shownAt) });
    this.say(`Labelled ${label.replaceAll("_", " ")}`);
    return true;
  }

  mark() {
    this.settle();
    this.#do(this.store.boxed ? "unboxed" : "boxed");
    this.say(this.store.boxed ? "All faces boxed" : "No longer marked as boxed");
  }

  undo() {
    this.settle();
    this.#turn(this.store.undo(), "Undone", "Nothing to undo");
  }

  redo() {
    this.#turn(this.store.redo(), "Done again", "Nothing to do again");
  }

  /** The server's answer, and the edits it has not seen. */
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
