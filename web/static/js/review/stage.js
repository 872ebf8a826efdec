// Shows the current face: its crop or the whole photo, with its box.
import { CHOICE_WORDS, LABEL_WORDS } from "../labels.js";
import { percent } from "../numbers.js";
import { isBroken, Pictures } from "./crops.js";

const SIDE = 448;
/** Side of the crop in face sizes; the same as in web/faces/crop.py. */
const CONTEXT = 1.8;

export class Stage {
  constructor(root) {
    this.root = root;
    this.pictures = new Pictures(root.dataset.faces, SIDE);
    this.frame = document.getElementById("frame");
    this.picture = document.getElementById("picture");
    this.box = document.getElementById("box");
    this.whole = false;
  }

  /** Shows a face; `isPast` if it was decided or skipped before. */
  show(face, { isPast }) {
    this.frame.hidden = !face;
    document.getElementById("waiting").hidden = true;
    document.getElementById("nothing").hidden = true;
    if (!face) return;
    this.image = this.whole ? this.#photo(face) : this.pictures.of(face.face);
    this.image.onerror = () => this.#showUnseen();
    this.picture.replaceChildren(this.image);
    this.#showUnseen();
    this.#drawBox(face);
    this.#showState(face, isPast);
  }

  /** True if the picture could not be loaded; such a face must not be decided. */
  get isUnseen() {
    return isBroken(this.image);
  }

  #showUnseen() {
    document.getElementById("unseen").hidden = !this.isUnseen;
  }

  /** Loads the crops of the next faces and keeps those of the latest ones. */
  prepare(faces, past) {
    const ahead = faces.map((face) => face.face);
    this.pictures.keep([...ahead, ...past.slice(-12).map((face) => face.face)]);
    for (const face of ahead) this.pictures.of(face);
  }

  nothing(title, text) {
    this.frame.hidden = true;
    document.getElementById("waiting").hidden = true;
    document.getElementById("nothing").hidden = false;
    document.getElementById("nothing-title").textContent = title;
    document.getElementById("nothing-text").textContent = text;
  }

  #photo(face) {
    const image = new Image(face.width, face.height);
    image.alt = "";
    image.src = `${this.root.dataset.photos}/${face.photo}/view`;
    return image;
  }

  #drawBox({ box: [x1, y1, x2, y2], width, height }) {
    const length = CONTEXT * Math.max(1, Math.sqrt((x2 - x1) * (y2 - y1)));
    const [left, top] = [(x1 + x2 - length) / 2, (y1 + y2 - length) / 2];
    const view = this.whole ? [0, 0, width, height] : [left, top, length, length];
    this.frame.style.aspectRatio = `${view[2]} / ${view[3]}`;
    this.frame.style.setProperty("--shape", view[2] / view[3]);
    this.box.setAttribute("viewBox", view.join(" "));
    this.box.classList.toggle("review__box--whole", this.whole);
    for (const rect of this.box.children) {
      for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) {
        rect.setAttribute(name, value);
      }
    }
  }

  #showState(face, isPast) {
    const guess = document.getElementById("guess");
    guess.hidden = !face.guess;
    if (face.guess) guess.textContent = `Prediction: ${LABEL_WORDS[face.guess]}, ${percent(face.score)}`;
    document.getElementById("flagged").hidden = !face.flagged;
    const where = document.getElementById("where");
    where.hidden = !isPast;
    where.textContent = face.label ? `You decided: ${CHOICE_WORDS[face.label]}` : "You skipped this face";
    for (const button of document.querySelectorAll(".label-button")) {
      button.setAttribute("aria-pressed", String(isPast && button.dataset.do === face.label));
    }
    document.getElementById("said").textContent = this.#words(face, isPast);
  }

  /** The text for screen readers. */
  #words(face, isPast) {
    const guess = face.guess ? `, prediction ${LABEL_WORDS[face.guess]}` : "";
    const before = isPast ? `, ${face.label ? `decided ${CHOICE_WORDS[face.label]}` : "skipped"}` : "";
    return `Face ${face.face}${guess}${before}${face.flagged ? ", flagged" : ""}`;
  }
}
