// Draws faces over the photo: boxes, label tags, and handles on the selected box.
import { HANDLES, handleAt } from "./geometry.js";
import { labelText, markOf } from "./words.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const TAG_PIXELS = 13;
const HANDLE_PIXELS = 10;
/** Boxes shown smaller than this have their handles slightly outside. */
export const ROOM_PIXELS = 34;
/** Faces shown narrower than this have no tag, which would hide them. */
const SMALLEST_TAGGED = 22;

const measure = document.createElement("canvas").getContext("2d");

/** Width of a tag's text in em. */
function lengthOf(text, family) {
  measure.font = `600 ${TAG_PIXELS}px ${family}`;
  return measure.measureText(text).width / TAG_PIXELS;
}

function element(name, attributes = {}, children = []) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function frame([x1, y1, x2, y2]) {
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

export class View {
  constructor(svg) {
    this.svg = svg;
    this.family = getComputedStyle(document.body).fontFamily;
    this.scale = 1;
    this.faces = [];
    this.chosen = null;
  }

  /** Redraws for a scale in CSS pixels per pixel of the photo. */
  fit(scale) {
    this.scale = scale;
    this.svg.setAttribute("font-size", TAG_PIXELS / scale);
    this.show(this.faces, this.chosen);
  }

  /** Draws the faces; `chosen` is the reference of the selected one, or null. */
  show(faces, chosen) {
    Object.assign(this, { faces, chosen });
    const last = faces.filter(({ ref }) => ref === chosen);
    const first = faces.filter(({ ref }) => ref !== chosen);
    this.svg.replaceChildren(...[...first, ...last].map((face) => this.#face(face)), ...last.flatMap((face) => this.#handles(face)));
  }

  /** Draws one face at another position while it is dragged; a new face if `ref` is null. */
  place(ref, box) {
    const face = this.faces.find((one) => one.ref === ref) ?? { ref, box, status: "counts", label: null, predicted: null };
    const others = this.faces.filter((one) => one !== face);
    const kept = this.faces;
    this.show([...others, { ...face, box }], ref);
    this.faces = kept;
  }

  #face(face) {
    const label = markOf(face);
    const chosen = face.ref === this.chosen;
    const classes = ["box", `box--${label === "cannot_tell" ? "indeterminate" : label}`, `box--${face.status}`, chosen ? "box--chosen" : ""];
    const parts = ["box__casing", "box__line"].map((name) => element("rect", { class: name, ...frame(face.box) }));
    const wide = (face.box[2] - face.box[0]) * this.scale >= SMALLEST_TAGGED;
    if (wide || chosen) parts.push(this.#tag(face, label, chosen));
    return element("g", { class: classes.filter(Boolean).join(" ") }, parts);
  }

  #tag(face, label, chosen) {
    const em = TAG_PIXELS / this.scale;
    const text = element("text", { x: "1.5em", y: "-.36em" });
    text.textContent = labelText(face);
    const length = 2 + lengthOf(text.textContent, this.family);
    const wordy = chosen || (face.box[2] - face.box[0]) / em >= length;
    const room = this.svg.viewBox.baseVal.width - (wordy ? length : 1.3) * em;
    const [left, top] = [Math.max(0, Math.min(face.box[0], room)), Math.max(face.box[1], 1.3 * em)];
    const sign = element("use", { href: `#mark-${label}`, x: ".1em", y: "-1.2em", width: "1.1em", height: "1.1em" });
    const ground = element("rect", { y: "-1.3em", width: `${wordy ? length : 1.3}em`, height: "1.3em" });
    return element("g", { class: "box__tag", transform: `translate(${left} ${top})` }, [ground, sign, ...(wordy ? [text] : [])]);
  }

  #handles(face) {
    const size = HANDLE_PIXELS / this.scale;
    return HANDLES.map((handle) => {
      const { x, y } = handleAt(face.box, handle, this.scale, ROOM_PIXELS);
      return element("rect", { class: "box__handle", x: x - size / 2, y: y - size / 2, width: size, height: size });
    });
  }
}
