// The faces that the page shows: the state from the server with pending edits applied.
// An edit has `changes`, [{ref, before, after}], so that it can be undone.
import { newKey } from "../edits.js";

/** Changes of each kind of edit. */
const CHANGES = {
  draw: (key, _face, { box }) => [{ ref: key, before: null, after: drawn(key, box) }],
  move: (key, face, { box }) => [
    { ref: face.ref, before: face, after: null },
    { ref: key, before: null, after: { ...drawn(key, box), ...inherited(face) } },
  ],
  remove: (_key, face) => [{ ref: face.ref, before: face, after: null }],
  accept: (_key, face) => [{ ref: face.ref, before: face, after: { ...face, status: "counts" } }],
  label: (_key, face, { label }) => [
    { ref: face.ref, before: face, after: { ...face, ...answered(label), status: label === "not_a_face" ? label : "counts" } },
  ],
  boxed: () => [],
  unboxed: () => [],
};

/** What an answer makes of a face: "can't tell" leaves it without a label. */
function answered(answer) {
  const untellable = answer === "cannot_tell";
  return { label: untellable ? null : answer, cannot_tell: untellable };
}

/** What a face keeps when its box is moved. */
function inherited({ label, cannot_tell: untellable }) {
  return { label: label === "not_a_face" ? null : label, cannot_tell: untellable };
}

/** A face without its prediction and without the decisions of other people. */
function blinded(face) {
  if (face.own) return { ...face, predicted: null, confidence: null };
  const status = face.status === "not_a_face" ? "counts" : face.status;
  return { ...face, status, label: null, cannot_tell: false, predicted: null, confidence: null };
}

function drawn(ref, box) {
  return { ref, box, status: "counts", drawn: true, label: null, predicted: null, confidence: null };
}

export class Faces {
  /** `blind` if the page was opened from a queue that hides predictions. */
  constructor(state, { blind = false } = {}) {
    this.blind = blind;
    this.done = state.undoable.map((key) => ({ sent: { key }, changes: [] }));
    this.undone = [];
    this.show(state, []);
  }

  /** Shows the state from the server with the pending edits applied. */
  show(state, waiting) {
    const faces = this.blind ? state.faces.map(blinded) : state.faces;
    this.all = new Map(faces.map((face) => [face.ref, face]));
    this.boxed = state.boxed;
    for (const edit of waiting) this.#apply(edit);
  }

  /** Applies pending edits of an earlier visit. */
  adopt(waiting) {
    this.done.push(...waiting.filter(({ sent }) => sent.key));
    for (const edit of waiting) this.#apply(edit);
  }

  get list() {
    return [...this.all.values()];
  }

  get(ref) {
    return this.all.get(ref);
  }

  /** Applies a new edit and returns it for sending. */
  make(kind, ref, details = {}) {
    const key = newKey();
    const changes = CHANGES[kind](key, this.get(ref), details);
    const boxed = kind === "boxed" ? true : kind === "unboxed" ? false : undefined;
    const edit = { sent: { key, kind, face: ref, ...details }, changes, boxed };
    this.done.push(edit);
    this.undone = [];
    this.#apply(edit);
    return edit;
  }

  undo() {
    return this.#turn(this.done, this.undone, "undo", (edit) => ({
      changes: edit.changes.map(({ ref, before, after }) => ({ ref, before: after, after: before })).reverse(),
      boxed: edit.boxed === undefined ? undefined : !edit.boxed,
    }));
  }

  redo() {
    return this.#turn(this.undone, this.done, "redo", ({ changes, boxed }) => ({ changes, boxed }));
  }

  /** Drops an edit that the server refused. */
  refuse(edit) {
    const key = edit.sent.edit ?? edit.sent.key;
    this.done = this.done.filter(({ sent }) => sent.key !== key);
    this.undone = this.undone.filter(({ sent }) => sent.key !== key);
  }

  #turn(from, to, kind, change) {
    const edit = from.pop();
    if (!edit) return null;
    to.push(edit);
    const turned = { sent: { kind, edit: edit.sent.key }, ...change(edit) };
    this.#apply(turned);
    return turned;
  }

  #apply({ changes, boxed }) {
    for (const { ref, after } of changes) {
      if (after) this.all.set(ref, after);
      else this.all.delete(ref);
    }
    this.boxed = boxed ?? this.boxed;
  }
}
