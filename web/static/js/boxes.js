// Boxes over a photo: tags that keep their size on the screen, and which face lies where.
const TAG_PIXELS = 13;
/** Tags of faces shown smaller than this would hide them. */
const SMALLEST_TAGGED = 22;
/** Where more faces than this are in a photo, words are written only inside the width of a box. */
const MOST_COMPARED = 60;

/** A box's corner and size, in pixels of the photo. */
function frameOf(box) {
  const rect = box.querySelector(".box__line");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  return { x, y, width, height };
}

function areTouching(one, other) {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
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
    this.#layOut();
  }

  /** Words where they are within the width of the box, or hide no other face and no other words. */
  #layOut() {
    this.written = [];
    for (const one of this.all) this.#layOutOne(one);
  }

  #layOutOne({ box, x, y, width }) {
    const em = TAG_PIXELS / this.scale;
    const chosen = box.classList.contains("box--chosen");
    box.classList.toggle("box--small", width * this.scale < SMALLEST_TAGGED && !chosen);
    const length = box.querySelector("text").getComputedTextLength() + 2 * em;
    const words = this.#place(x, y, length);
    const wordy = chosen || width >= length || this.#hasRoom(box, words);
    if (wordy) this.written.push(words);
    box.classList.toggle("box--wordless", !wordy);
    const tag = wordy ? words : this.#place(x, y, 1.3 * em);
    box.querySelector(".box__tag").setAttribute("transform", `translate(${tag.x} ${tag.y + tag.height})`);
    box.querySelector(".box__tag rect").setAttribute("width", tag.width);
  }

  /** Where a tag of this length over a box's corner lies: inside the photo. */
  #place(x, y, width) {
    const height = (1.3 * TAG_PIXELS) / this.scale;
    const room = this.svg.viewBox.baseVal.width - width;
    return { x: Math.max(0, Math.min(x, room)), y: Math.max(y - height, 0), width, height };
  }

  /** True where these words hide no other face with its sign, and none of the words written so far. */
  #hasRoom(box, words) {
    if (this.all.length > MOST_COMPARED) return false;
    const others = this.all.filter((one) => one.box !== box);
    const faces = others.map(({ x, y, width, height }) => ({ x, y: y - words.height, width, height: height + words.height }));
    return ![...faces, ...this.written].some((other) => areTouching(words, other));
  }

  /** Brings one face out, or none for a negative index. */
  choose(index) {
    this.all.forEach((one, at) => {
      one.box.classList.toggle("box--chosen", at === index);
      one.box.classList.toggle("box--dim", index >= 0 && at !== index);
    });
    this.#layOut();
  }

  /** Gives one face another sign. */
  label(index, label, text) {
    const { box } = this.all[index];
    const kept = [...box.classList].filter((name) => ["box--chosen", "box--dim"].includes(name));
    box.setAttribute("class", ["box", `box--${label}`, ...kept].join(" "));
    box.querySelector("use")?.setAttribute("href", `#mark-${label}`);
    const words = box.querySelector("text");
    if (words) words.textContent = text;
    this.#layOut();
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
