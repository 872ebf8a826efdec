// Draws faces over a picture in the browser: the boxes that `boxes` in _partials.html writes.
import { percent } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";

export const WORDS = {
  with_mask: "With mask",
  without_mask: "Without mask",
  incorrect: "Incorrect",
  indeterminate: "Indeterminate",
};

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function html(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** The icon of a label in its colour. */
export function mark(label) {
  const sign = html("span", `mark mark--${label}`, svg("svg", {}, svg("use", { href: `#mark-${label}` })));
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

/** One face's box; `box` is [x1, y1, x2, y2] in pixels of the picture. */
export function boxElement({ box: [x1, y1, x2, y2], label, confidence }) {
  const frame = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  const text = svg("text", { x: "1.5em", y: "-.36em" }, `${WORDS[label]} ${percent(confidence)}`);
  return svg(
    "g",
    { class: `box box--${label}` },
    svg("rect", { class: "box__casing", ...frame }),
    svg("rect", { class: "box__line", ...frame }),
    svg(
      "g",
      { class: "box__tag" },
      svg("rect", { y: "-1.3em", width: "1.3em", height: "1.3em" }),
      svg("use", { href: `#mark-${label}`, x: ".1em", y: "-1.2em", width: "1.1em", height: "1.1em" }),
      text,
    ),
  );
}
