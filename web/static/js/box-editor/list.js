// The list of faces beside the photo, and the tools for the selected face.
import { number, plural } from "../numbers.js";
import { describe, labelText, markOf } from "./words.js";

const SIDES = ["x", "y", "width", "height"];

function sizes([x1, y1, x2, y2]) {
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

function summary(faces, boxed) {
  const proposed = faces.filter(({ status }) => status === "proposed").length;
  const counting = faces.filter(({ status }) => status === "counts").length;
  const words = [plural(counting, "face")];
  if (proposed) words.push(`${number(proposed)} proposed`);
  if (boxed) words.push("all boxed");
  return words.join(", ");
}

export class List {
  constructor(root, editor) {
    this.root = root;
    this.editor = editor;
    this.entries = root.querySelector("[data-faces]");
    this.fields = root.querySelector("[data-fields]");
    this.entries.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) editor.choose(button.dataset.ref === editor.chosen ? null : button.dataset.ref);
    });
    this.fields.addEventListener("change", () => this.#typed());
  }

  show() {
    const { faces, chosen, store } = this.editor;
    this.root.querySelector("[data-sum]").textContent = summary(faces, store.boxed);
    this.#entries(faces, chosen);
    const face = this.editor.chosenFace;
    for (const button of document.querySelectorAll("[data-of-face]")) button.disabled = !face;
    for (const button of document.querySelectorAll("[data-label]")) {
      button.setAttribute("aria-pressed", String((face?.cannot_tell ? "cannot_tell" : face?.label) === button.dataset.label));
    }
    document.querySelector("[data-do=accept]").hidden = face?.status !== "proposed";
    document.querySelector("[data-do=accept-all]").hidden = !faces.some(({ status }) => status === "proposed");
    this.#fields(face);
    const mark = document.querySelector("[data-do=mark]");
    mark.setAttribute("aria-pressed", String(store.boxed));
    document.querySelector("[data-do=undo]").disabled = !store.done.length;
    document.querySelector("[data-do=redo]").disabled = !store.undone.length;
  }

  /** Reuses buttons, so that keyboard focus is kept. */
  #entries(faces, chosen) {
    const template = document.getElementById("face-entry");
    while (this.entries.children.length > faces.length) this.entries.lastElementChild.remove();
    while (this.entries.children.length < faces.length) this.entries.append(template.content.cloneNode(true));
    faces.forEach((face, index) => {
      const button = this.entries.children[index].querySelector("button");
      const label = markOf(face);
      button.dataset.ref = face.ref;
      button.className = `face face--${face.status}`;
      button.setAttribute("aria-pressed", String(face.ref === chosen));
      button.querySelector(".visually-hidden").textContent = describe(face);
      button.querySelector(".mark").className = `mark mark--${label}`;
      button.querySelector("use").setAttribute("href", `#mark-${label}`);
      button.querySelector(".face__label").textContent = labelText(face);
      button.querySelector(".face__sure").textContent = face.status === "proposed" ? "proposed" : face.drawn ? "drawn" : "";
    });
    // On a phone the list is below the photo, which must stay visible.
    const pressed = this.entries.querySelector("[aria-pressed=true]");
    if (matchMedia("(min-width: 901px)").matches) pressed?.scrollIntoView({ block: "nearest" });
    document.getElementById("no-faces").hidden = faces.length > 0;
  }

  #fields(face) {
    this.fields.hidden = !face;
    if (!face || this.fields.contains(document.activeElement)) return;
    const values = sizes(face.box);
    for (const side of SIDES) this.fields.elements[side].value = Math.round(values[side] * 10) / 10;
  }

  #typed() {
    const face = this.editor.chosenFace;
    const [x, y, width, height] = SIDES.map((side) => this.fields.elements[side].valueAsNumber);
    if (!face || ![x, y, width, height].every(Number.isFinite) || width < 2 || height < 2) return;
    const { zoom } = this.editor;
    const box = [Math.max(0, x), Math.max(0, y), Math.min(zoom.width, x + width), Math.min(zoom.height, y + height)];
    if (box[2] - box[0] >= 2 && box[3] - box[1] >= 2) this.editor.place(face.ref, box);
  }
}
