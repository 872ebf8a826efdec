// The faces of the photo as the page shows them: the server's answer with what it has not seen yet on top.
// An edit carries `changes`, [{ref, before, after}], so that undoing it is doing it backwards.
import { newKey } from "../edits.js";

/** What each kind of edit does to the faces; null where there is nothing to do. */
const MAKING = {
  draw: (key, _face, { box }) => [{ ref: key, before: null, after: drawn(key, box) }],
  move: (key, face, { box }) => [
    { ref: face.ref, before: face, after: null },
    { ref: key, before: null, after: { ...drawn(key, box), label: face.label === "not_a_face" ? null : face.label } },
  ],
  remove: (_key, face) => [{ ref: face.ref, before: face, after: null }],
  accept: (_key, face) => [{ ref: face.ref, before: face, after: { ...face, standing: "stands" } }],
  label: (_key, face, { label }) => [
    { ref: face.ref, before: face, after: { ...face, label, standing: label === "not_a_face" ? label : "stands" } },
  ],
  boxed: () => [],
  unboxed: () => [],
};

/** A face as who has still to decide it may see it: without the guess, and without what somebody else said. */
function unsaid(face) {
  if (face.own) return { ...face, predicted: null, confidence: null };
  const standing = face.standing === "not_a_face" ? "stands" : face.standing;
  return { ...face, standing, label: null, predicted: null, confidence: null };
}

function drawn(ref, box) {
  return { ref, box, standing: "stands", drawn: true, label: null, predicted: null, confidence: null };
}

export class Faces {
  /** `blind` where somebody comes from a queue that hides the guess. */
  constructor(state, { blind = false } = {}) {
    this.blind = blind;
    this.done = state.undoable.map((key) => ({ sent: { key }, changes: [] }));
    this.undone = [];
    this.show(state, []);
  }

  /** The server's word, and the edits that it has not heard yet. */
  show(state, waiting) {
    const faces = this.blind ? state.faces.map(unsaid) : state.faces;
    this.all = new Map(faces.map((face) => [face.ref, face]));
    this.boxed = state.boxed;
    for (const edit of waiting) this.#apply(edit);
  }

  /** Edits of an earlier visit that are sent only now. */
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

  /** Does an edit here and gives it back to be sent. */
  make(kind, ref, details = {}) {
    const key = newKey();
    const changes = MAKING[kind](key, this.get(ref), details);
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

  /** Forgets an edit that the server did not do. */
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
