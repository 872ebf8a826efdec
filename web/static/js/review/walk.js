// The position in a queue: next faces, past faces, and the steps that undo reverts.
import { newKey } from "./identity.js";

/** An action in the form that the server expects. */
export function action(kind, face, label = null, ms = null) {
  return { key: newKey(), kind, items: { [face.item]: label }, ms };
}

export class Walk {
  /** `send` sends an action to the server. */
  constructor(send) {
    this.send = send;
    this.next = [];
    this.past = [];
    // How many faces the person went back; 0 is the current face.
    this.back = 0;
    this.steps = [];
  }

  /** The face on the screen, or null. */
  get face() {
    return this.back ? this.past[this.past.length - this.back] : (this.next[0] ?? null);
  }

  get isPast() {
    return this.back > 0;
  }

  /** Items that the tab shows or has prefetched. */
  get held() {
    return this.next.map((face) => face.item);
  }

  add(faces) {
    const known = new Set([...this.next, ...this.past].map((face) => face.item));
    this.next.push(...faces.filter((face) => !known.has(face.item)));
  }

  /** Drops next faces that the tab no longer holds; true if the shown face changes. */
  drop(items) {
    const gone = new Set(items);
    const had = this.face;
    this.next = this.next.filter((face) => !gone.has(face.item));
    return had !== this.face;
  }

  /** Drops past faces that somebody else has decided; true if the shown face changes. */
  forget(items) {
    const gone = new Set(items);
    const had = this.face;
    this.past = this.past.filter((face) => !gone.has(face.item));
    this.steps = this.steps.filter(({ face }) => !gone.has(face.item));
    this.back = this.back && this.past.includes(had) ? this.past.length - this.past.indexOf(had) : 0;
    return this.face !== had;
  }

  decide(label, ms) {
    const { face } = this;
    if (!face) return false;
    if (!this.isPast) {
      this.send(action("decide", face, label, ms));
      this.#pass(face, { undo: "undo" }, label);
      return true;
    }
    if (face.label) {
      this.send(action("change", face, label, ms));
      this.steps.push({ undo: "change", face, before: face.label });
    } else {
      this.send(action("take", face));
      this.send(action("decide", face, label, ms));
      this.steps.push({ undo: "undo-late", face });
    }
    face.label = label;
    this.back -= 1;
    return true;
  }

  skip() {
    if (this.isPast || !this.face) return this.forward();
    this.send(action("skip", this.face));
    this.#pass(this.face, { undo: "take" }, null);
    return true;
  }

  flag() {
    const { face } = this;
    if (!face) return false;
    face.flagged = !face.flagged;
    this.send(action(face.flagged ? "flag" : "unflag", face));
    return true;
  }

  backward() {
    if (this.back >= this.past.length) return false;
    this.back += 1;
    return true;
  }

  forward() {
    if (!this.back) return false;
    this.back -= 1;
    return true;
  }

  /** Undoes the last step; false if this visit has none left. */
  undo() {
    const step = this.steps.pop();
    if (!step) return false;
    const { face } = step;
    if (step.undo === "change") {
      this.send(action("change", face, step.before));
      face.label = step.before;
      this.back = this.past.length - this.past.indexOf(face);
      return true;
    }
    this.send(action(step.undo === "take" ? "take" : "undo", face));
    this.#bringBack(face);
    return true;
  }

  /** Undoes a decision from before this visit. */
  undoOlder(face) {
    this.send(action("undo", face));
    this.#bringBack(face);
  }

  #bringBack(face) {
    this.past = this.past.filter((one) => one !== face);
    this.back = 0;
    face.label = null;
    this.next = [face, ...this.next.filter((one) => one !== face)];
  }

  #pass(face, step, label) {
    this.next.shift();
    face.label = label;
    this.past.push(face);
    this.steps.push({ ...step, face });
  }
}
