// Boxes over a photo: lays out their tags, and finds the face at a point.
const TAG_PIXELS = 13;
/** Faces shown smaller than this have no tag, which would hide them. */
const SMALLEST_TAGGED = 22;
/** With more faces than this, tags have text only if it fits the width of the box. */
const MOST_COMPARED = 60;

/** Corner and size of a box, in pixels of the photo. */
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

  /** Lays out the tags for a scale in CSS pixels per pixel of the photo. */
  fit(scale) {
    this.scale = scale;
    this.svg.setAttribute("font-size", TAG_PIXELS / scale);
    this.#layOut();
  }

  /** Shows the text of a tag if it fits the width of its box, or covers no other face and tag. */
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

  /** Position of a tag of this width at the corner of a box, kept inside the photo. */
  #place(x, y, width) {
    const height = (1.3 * TAG_PIXELS) / this.scale;
    const room = this.svg.viewBox.baseVal.width - width;
    return { x: Math.max(0, Math.min(x, room)), y: Math.max(y - height, 0), width, height };
  }

  /** True if the tag text covers no other face, and no tag text laid out before. */
  #hasRoom(box, words) {
    if (this.all.length > MOST_COMPARED) return false;
    const others = this.all.filter((one) => one.box !== box);
    const faces = others.map(({ x, y, width, height }) => ({ x, y: y - words.height, width, height: height + words.height }));
    return ![...faces, ...this.written].some((other) => areTouching(words, other));
  }

  /** Highlights one face, or none for a negative index. */
  choose(index) {
    this.all.forEach((one, at) => {
      one.box.classList.toggle("box--chosen", at === index);
      one.box.classList.toggle("box--dim", index >= 0 && at !== index);
    });
    this.#layOut();
  }

  /** Changes the label of one face. */
  label(index, label, text) {
    const { box } = this.all[index];
    const kept = [...box.classList].filter((name) => ["box--chosen", "box--dim"].includes(name));
    box.setAttribute("class", ["box", `box--${label}`, ...kept].join(" "));
    box.querySelector("use")?.setAttribute("href", `#mark-${label}`);
    const words = box.querySelector("text");
    if (words) words.textContent = text;
    this.#layOut();
  }

  /** Centre of a face in pixels of the photo. */
  middle(index) {
    const { x, y, width, height } = this.all[index];
    return [x + width / 2, y + height / 2];
  }

  /** Index of the smallest face at a point, which is the hardest to hit; -1 if there is none. */
  at({ x, y }) {
    const hits = this.all.filter(
      (one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height,
    );
    return this.all.indexOf(hits.sort((one, other) => one.width - other.width)[0]);
  }
}
