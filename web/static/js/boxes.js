// Boxes over a photo: tags that keep their size on the screen, and which face lies where.
const TAG_PIXELS = 13;
/** Tags of faces shown smaller than this would hide them. */
const SMALLEST_TAGGED = 22;

/** A box's corner and size, in pixels of the photo. */
function frameOf(box) {
  const rect = box.querySelector(".box__line");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  return { x, y, width, height };
}

export class Boxes {
  constructor(svg) {
    this.svg = svg;
    this.all = [...svg.querySelectorAll(".box")].map((box) => ({ box, ...frameOf(box) }));
  }

  /** Lays the tags out for a scale, in CSS pixels per pixel of the photo; they stay inside the photo. */
  fit(scale) {
    this.scale = scale;
    this.svg.setAttribute("font-size", TAG_PIXELS / scale);
    for (const one of this.all) this.#fitOne(one);
  }

  #fitOne({ box, x, y, width }) {
    const em = TAG_PIXELS / this.scale;
    const chosen = box.classList.contains("box--chosen");
    box.classList.toggle("box--small", width * this.scale < SMALLEST_TAGGED && !chosen);
    const text = box.querySelector("text");
    const length = text.getComputedTextLength() + 2 * em;
    const wordy = chosen || width >= length;
    box.classList.toggle("box--wordless", !wordy);
    const room = this.svg.viewBox.baseVal.width - (wordy ? length : 1.3 * em);
    const [left, top] = [Math.max(0, Math.min(x, room)), Math.max(y, 1.3 * em)];
    box.querySelector(".box__tag").setAttribute("transform", `translate(${left} ${top})`);
    box.querySelector(".box__tag rect").setAttribute("width", wordy ? length : 1.3 * em);
  }

  /** Brings one face out, or none for a negative index. */
  choose(index) {
    this.all.forEach((one, at) => {
      one.box.classList.toggle("box--chosen", at === index);
      one.box.classList.toggle("box--dim", index >= 0 && at !== index);
      this.#fitOne(one);
    });
  }

  /** Gives one face another sign. */
  label(index, label, text) {
    const { box } = this.all[index];
    const kept = [...box.classList].filter((name) => ["box--chosen", "box--dim"].includes(name));
    box.setAttribute("class", ["box", `box--${label}`, ...kept].join(" "));
    box.querySelector("use")?.setAttribute("href", `#mark-${label}`);
    const words = box.querySelector("text");
    if (words) words.textContent = text;
    this.#fitOne(this.all[index]);
  }

  /** The middle of a face, in pixels of the photo. */
  middle(index) {
    const { x, y, width, height } = this.all[index];
    return [x + width / 2, y + height / 2];
  }

  /** The smallest face at a point: of two that overlap, the one that is harder to hit; -1 where none is. */
  at({ x, y }) {
    const hits = this.all.filter(
      (one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height,
    );
    return this.all.indexOf(hits.sort((one, other) => one.width - other.width)[0]);
  }
}
