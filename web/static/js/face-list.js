// The list of a photo's faces with their probabilities, as `photos/_faces.html` writes it.
import { WORDS, html, mark, svg } from "./drawing.js";
import { metric, number, percent } from "./numbers.js";

function bar(label, value) {
  const fill = svg("rect", {
    class: `bars__fill bars__fill--${label}`,
    width: `${100 * (value ?? 0)}%`,
    height: "100%",
    rx: 2,
  });
  return html(
    "span",
    "face__row",
    html("span", "face__word", label.replaceAll("_", " ")),
    svg("svg", { class: "face__bar", "aria-hidden": "true" }, fill),
    html("span", "face__value", value === null ? "not predicted" : percent(value)),
  );
}

function head({ label, confidence }) {
  return html(
    "span",
    "face__head",
    mark(label),
    html("span", "face__label", WORDS[label]),
    html("span", "face__sure", percent(confidence)),
  );
}

function where({ box: [x1, y1, x2, y2], score }) {
  const [width, height, left, top] = [x2 - x1, y2 - y1, x1, y1].map(number);
  return html("span", "face__where", `${width} × ${height} px at ${left}, ${top} · face score ${metric(score)}`);
}

/** One entry; `onWrong` is called for its button that corrects it. */
export function faceEntry(face, { onChoose, onWrong }) {
  const probable = Object.entries(face.probabilities).sort((one, other) => other[1] - one[1]);
  const bars = html("span", "face__bars", ...probable.map(([label, value]) => bar(label, value)), where(face));
  const button = html("button", "face", head(face), bars);
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", onChoose);
  const wrong = html("button", "button button--quiet face__wrong", "Correct this face (keeps the photo)");
  wrong.type = "button";
  wrong.title = "Stores the photo in the library, then opens this face to decide it";
  wrong.addEventListener("click", onWrong);
  return html("li", "", button, wrong);
}
