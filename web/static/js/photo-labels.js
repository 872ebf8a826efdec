// Decides labels on the page of a photo: shown at once, sent in the background, undone any number of steps.
import { Edits, newKey } from "./edits.js";
import { plural } from "./numbers.js";

const STATUS = {
  saved: () => "Saved",
  saving: () => "Saving …",
  offline: (count) => `No connection: ${plural(count, "decision")} ${count === 1 ? "is" : "are"} kept here and sent again`,
  barred: () => "Sign in again or reload the page; your decisions are kept",
};

/** Decisions that leave a face without a label, and how they are shown. */
const NO_LABEL = { conflict: "people disagree", cannot_tell: "can't tell" };

function decidedLabel({ label, cannot_tell: cannotTell, contested }) {
  if (contested) return "conflict";
  return cannotTell ? "cannot_tell" : label;
}

export class Labels {
  /** `root` holds the buttons; `faces` are the entries of the list, in the order of the boxes. */
  constructor(root, faces, boxes) {
    Object.assign(this, { faces, boxes, done: [], shownAt: performance.now() });
    this.status = document.getElementById("sending");
    this.buttons = [...root.querySelectorAll("[data-label]")];
    this.words = Object.fromEntries(this.buttons.map(({ dataset }) => [dataset.label, dataset.words]));
    this.edits = new Edits(root.dataset.edits, {
      stateUrl: root.dataset.state,
      onState: (state, waiting) => this.#show(state, waiting),
      onRefused: (_edit, error) => {
        this.status.textContent = error.message;
      },
      onStatus: (name, count) => {
        this.status.dataset.status = name;
        this.status.textContent = STATUS[name](count);
      },
    });
    this.edits.adopt().forEach((edit) => this.#set(edit.id, edit.after));
  }

  /** Labels the face at `index` of the list. */
  decide(index, label) {
    const face = this.faces[index];
    if (!face) return this.#say("Choose a face first");
    const { id, decided: before = null } = face.dataset;
    const milliseconds = Math.round(performance.now() - this.shownAt);
    const edit = { id, before, after: label };
    this.#send(edit, { key: newKey(), kind: "label", face: id, label, milliseconds, queue: "results" });
    return true;
  }

  undo() {
    const edit = this.done.pop();
    if (!edit) return this.#say("Nothing to undo");
    this.edits.add({ id: edit.id, after: edit.before, sent: { kind: "undo", edit: edit.sent.key } });
    this.#set(edit.id, edit.before);
    return true;
  }

  /** Tells the buttons which face is chosen; the time to its decision runs from here. */
  choose(index) {
    this.shownAt = performance.now();
    this.chosen = this.faces[index];
    this.#press();
  }

  #say(text) {
    this.status.textContent = text;
    return true;
  }

  #send(edit, sent) {
    this.done.push({ ...edit, sent });
    this.edits.add({ ...edit, sent });
    this.#set(edit.id, edit.after);
  }

  #show(state, waiting) {
    for (const face of state.faces) this.#set(String(face.id), decidedLabel(face));
    for (const { id, after } of waiting) this.#set(id, after);
  }

  /** The decision before the prediction, which stays beside it; the rule of core/labels/final_label.py. */
  #set(id, decided) {
    const face = this.faces.find(({ dataset }) => dataset.id === id);
    if (!face) return;
    if (decided) face.dataset.decided = decided;
    else delete face.dataset.decided;
    const shown = NO_LABEL[decided] ? "indeterminate" : decided ?? face.dataset.predicted;
    const text = NO_LABEL[decided] ? "Indeterminate" : decided ? `${this.words[decided]} ✓` : face.dataset.words;
    face.querySelector(".mark").className = `mark mark--${shown}`;
    face.querySelector(".mark use").setAttribute("href", `#mark-${shown}`);
    face.querySelector(".face__label").textContent = text;
    face.querySelector(".face__sure").textContent = NO_LABEL[decided] ?? (decided ? "decided" : face.dataset.sure ?? "");
    face.dataset.final = shown;
    this.boxes.label(this.faces.indexOf(face), shown, text);
    this.#count();
    this.#press();
  }

  /** Faces that people take for none do not count; only results say how many faces there are by final label. */
  #count() {
    const heading = document.querySelector("[data-face-count]");
    if (!heading) return;
    const counted = this.faces.filter(({ dataset }) => dataset.final !== "not_a_face").length;
    heading.textContent = counted ? plural(counted, "face") : "No face";
  }

  #press() {
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(this.chosen?.dataset.decided === button.dataset.label));
    }
  }
}
