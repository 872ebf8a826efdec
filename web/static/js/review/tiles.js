// The crops of a grid page: click, drag or use the arrow keys to mark exceptions.
import { onKeys } from "../keys.js";
import { CHOICE_WORDS } from "../labels.js";
import { percent } from "../numbers.js";
import { cropImage } from "./crops.js";

const SIDE = 112;
const WORDS = { ...CHOICE_WORDS, "": "left out" };
/** Where each key moves the focus from place `at` of `count` crops, `row` in a row. */
const MOVES = {
  ArrowRight: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  ArrowDown: (at, _count, row) => at + row,
  ArrowUp: (at, _count, row) => at - row,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

function markOf(label) {
  const sign = document.createElement("span");
  sign.className = `pick__sign mark mark--${label || "left-out"}`;
  sign.innerHTML = label
    ? `<svg aria-hidden="true"><use href="#mark-${label}"></use></svg>`
    : '<svg aria-hidden="true"><use href="#icon-skip"></use></svg>';
  return sign;
}

export class Tiles {
  /** `paint(index, exception)` sets the label of a stack, `brush()` returns the label for exceptions. */
  constructor(list, faces, { paint, brush }) {
    this.list = list;
    this.faces = faces;
    this.brush = brush;
    this.painting = null;
    this.paint = paint;
    list.addEventListener("pointerdown", (event) => this.#start(event));
    list.addEventListener("pointerover", (event) => this.#over(event));
    addEventListener("pointerup", () => (this.painting = null));
    // The mouse paints on pointerdown; keys and touch paint here.
    list.addEventListener("click", (event) => event.pointerType !== "mouse" && this.#toggle(event.target));
    const keys = Object.entries(MOVES).map(([name, to]) => [name, () => this.#move(to)]);
    onKeys(Object.fromEntries(keys), list);
  }

  show(page) {
    this.page = page;
    this.list.replaceChildren(...page.stacks.map((stack, index) => this.#tile(stack, index)));
  }

  #tile({ faces, exception }, index) {
    const tile = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pick";
    button.dataset.index = index;
    button.tabIndex = index ? -1 : 0;
    const image = cropImage(this.faces, faces[0].face, SIDE);
    // A crop that cannot be loaded is left out.
    image.onerror = () => this.#set(button, "");
    button.append(image);
    if (faces.length > 1) {
      const count = Object.assign(document.createElement("span"), { className: "pick__count", textContent: `× ${faces.length}` });
      count.title = `${faces.length} near-identical crops, decided together`;
      button.append(count);
    }
    tile.append(button);
    this.#mark(button, exception, faces);
    return tile;
  }

  #mark(button, exception, faces) {
    const { score } = faces[0];
    button.querySelector(".pick__sign")?.remove();
    button.classList.toggle("pick--exception", exception !== undefined);
    button.setAttribute("aria-pressed", String(exception !== undefined));
    if (exception !== undefined) button.append(markOf(exception));
    const stack = faces.length > 1 ? `, ${faces.length} near-identical` : "";
    const sure = score === null ? "" : `, ${percent(score)}`;
    button.setAttribute("aria-label", `Face ${faces[0].face}${sure}${stack}${exception === undefined ? "" : `, exception: ${WORDS[exception]}`}`);
  }

  #set(button, exception) {
    const index = Number(button.dataset.index);
    this.paint(index, exception);
    this.#mark(button, exception, this.page.stacks[index].faces);
  }

  #toggle(target) {
    const button = target.closest(".pick");
    if (!button) return;
    const now = this.page.stacks[Number(button.dataset.index)].exception;
    this.#set(button, now === this.brush() ? undefined : this.brush());
  }

  /** Dragging the mouse paints all crops like the first one; dragging by touch scrolls the page. */
  #start(event) {
    const button = event.target.closest(".pick");
    if (!button || event.button || event.pointerType !== "mouse") return;
    this.#toggle(button);
    this.painting = { value: this.page.stacks[Number(button.dataset.index)].exception };
    event.preventDefault();
    button.focus();
  }

  #over(event) {
    // The button may have been released outside the window.
    if (!(event.buttons & 1)) this.painting = null;
    const button = this.painting && event.target.closest(".pick");
    if (button) this.#set(button, this.painting.value);
  }

  /** Moves the focus among the crops; `to` gets the place of the focused crop, their number and how many are in a row. */
  #move(to) {
    const buttons = [...this.list.querySelectorAll(".pick")];
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) return false;
    const top = (one) => Math.round(one.getBoundingClientRect().top);
    const row = buttons.findIndex((one) => top(one) !== top(buttons[0]));
    const next = buttons[to(at, buttons.length, row < 0 ? buttons.length : row)];
    if (next) {
      buttons[at].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    return true;
  }
}
