// A photo with its faces: zoom, certainty threshold, choice of a face.
import { Boxes } from "./boxes.js";
import { boxElement } from "./drawing.js";
import { faceEntry } from "./face-list.js";
import { shownLabel } from "./labels.js";
import { plural } from "./numbers.js";
import { Zoom } from "./zoom.js";

export class Result {
  /** `found` is the server's answer, `address` the address of the picture; `onWrong` gets the index of a face. */
  constructor(root, found, address, { threshold, onWrong }) {
    this.found = found;
    this.onWrong = onWrong;
    this.chosen = -1;
    this.list = root.querySelector(".faces");
    this.title = root.querySelector("[data-count]");
    this.stage = root.querySelector(".stage");
    const sheet = root.querySelector(".stage__sheet");
    Object.assign(sheet.dataset, { width: found.width, height: found.height });
    sheet.querySelector("img").src = address;
    this.svg = sheet.querySelector(".boxes");
    this.svg.setAttribute("viewBox", `0 0 ${found.width} ${found.height}`);
    this.boxes = new Boxes(this.svg);
    this.zoom = new Zoom(this.stage, sheet, (scale) => this.boxes.fit(scale));
    this.stage.addEventListener("click", (event) => this.#clicked(event));
    this.relabel(threshold);
  }

  /** Applies another threshold, without a request. */
  relabel(threshold) {
    this.faces = this.found.faces.flatMap(({ box, probabilities, score }, number) => {
      const shown = shownLabel(probabilities, threshold);
      return shown ? [{ ...shown, number, probabilities, score, box: [box.x1, box.y1, box.x2, box.y2] }] : [];
    });
    this.svg.replaceChildren(...this.faces.map(boxElement));
    this.list.replaceChildren(...this.faces.map((face, at) => this.#entry(face, at)));
    this.boxes = new Boxes(this.svg);
    this.boxes.fit(this.zoom.scale);
    const count = this.faces.length;
    this.title.textContent = count ? plural(count, "face") : "No face";
    this.#show();
  }

  choose(index) {
    this.chosen = index === this.chosen ? -1 : index;
    this.#show();
    if (this.chosen >= 0) this.zoom.centre(...this.boxes.middle(this.chosen));
  }

  next() {
    if (this.faces.length) this.choose(this.faces.length > 1 ? (this.chosen + 1) % this.faces.length : 0);
  }

  switchBoxes() {
    return !this.stage.classList.toggle("stage--bare");
  }

  #entry(face, at) {
    return faceEntry(face, { onChoose: () => this.choose(at), onWrong: () => this.onWrong(face.number) });
  }

  #show() {
    [...this.list.querySelectorAll(".face")].forEach((face, at) => {
      face.setAttribute("aria-pressed", String(at === this.chosen));
    });
    this.boxes.choose(this.chosen);
  }

  #clicked(event) {
    const index = this.zoom.dragged ? -1 : this.boxes.at(this.zoom.toPhoto(event));
    if (index >= 0) this.choose(index);
  }
}
