// One photo at full size: zoom, boxes on and off, faces one after the other, neighbours by key.
import { follow, onKeys } from "./keys.js";
import { Zoom } from "./zoom.js";

const TAG_PIXELS = 13;
/** Tags of faces shown smaller than this would hide them. */
const SMALLEST_TAGGED = 22;

const stage = document.getElementById("stage");
const sheet = document.getElementById("sheet");
const boxes = [...document.querySelectorAll(".stage .box")];
const faces = [...document.querySelectorAll(".face")];
const toggle = document.querySelector("[data-boxes]");

/** Tags keep their size on the screen, whatever the scale, and stay inside the photo. */
function fitTags(scale) {
  const svg = stage.querySelector(".boxes");
  svg.setAttribute("font-size", TAG_PIXELS / scale);
  for (const box of boxes) {
    const { x, y, width } = frameOf(box);
    const top = Math.max(y, (1.3 * TAG_PIXELS) / scale);
    box.querySelector(".box__tag").setAttribute("transform", `translate(${x} ${top})`);
    box.classList.toggle("box--small", width * scale < SMALLEST_TAGGED);
  }
}

const zoom = sheet ? new Zoom(stage, sheet, fitTags) : null;

/** Corners and middle of a face's box, in pixels of the photo. */
function frameOf(box) {
  const rect = box.querySelector(".box__line");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  return { x, y, width, height };
}

/** The smallest face at a point: of two that overlap, the one that is harder to hit. */
function faceAt({ x, y }) {
  const hits = boxes.filter((box) => {
    const frame = frameOf(box);
    return x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height;
  });
  const smallest = hits.sort((one, other) => frameOf(one).width - frameOf(other).width)[0];
  return smallest ? boxes.indexOf(smallest) : -1;
}

function choose(index) {
  const again = faces[index]?.getAttribute("aria-pressed") === "true";
  faces.forEach((face, at) => face.setAttribute("aria-pressed", String(at === index && !again)));
  boxes.forEach((box, at) => {
    box.classList.toggle("box--chosen", at === index && !again);
    box.classList.toggle("box--dim", at !== index && !again);
  });
  // On a phone the list lies below the photo, which must stay in view.
  if (!again && matchMedia("(min-width: 901px)").matches) faces[index].scrollIntoView({ block: "nearest" });
  showChosen();
}

function chosen() {
  return faces.findIndex((face) => face.getAttribute("aria-pressed") === "true");
}

/** Where the photo is larger than the stage, the chosen face is in its middle. */
function showChosen() {
  if (chosen() < 0) return;
  const { x, y, width, height } = frameOf(boxes[chosen()]);
  zoom.centre(x + width / 2, y + height / 2);
}

function zoomBy(step) {
  zoom?.[step]();
  showChosen();
}

function nextFace() {
  if (!faces.length) return false;
  choose((chosen() + 1) % faces.length);
  return true;
}

function switchBoxes() {
  const shown = toggle.getAttribute("aria-pressed") !== "true";
  toggle.setAttribute("aria-pressed", String(shown));
  stage.classList.toggle("stage--bare", !shown);
  sessionStorage.setItem("boxes", shown ? "on" : "off");
}

faces.forEach((face, index) => face.addEventListener("click", () => choose(index)));
stage.addEventListener("click", (event) => {
  const index = zoom && !zoom.dragged ? faceAt(zoom.toPhoto(event)) : -1;
  if (index >= 0) choose(index);
});
toggle.addEventListener("click", switchBoxes);
if (sessionStorage.getItem("boxes") === "off") switchBoxes();

for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => zoomBy(button.dataset.zoom === "in" ? "larger" : "smaller"));
}

const picture = sheet?.querySelector("img");
function missing() {
  sheet.hidden = true;
  document.getElementById("stage-failed").hidden = false;
}
picture?.addEventListener("error", missing);
if (picture?.complete && !picture.naturalWidth) missing();

onKeys({
  ArrowRight: () => follow('[rel="next"]'),
  ArrowLeft: () => follow('[rel="prev"]'),
  j: () => follow('[rel="next"]'),
  k: () => follow('[rel="prev"]'),
  Escape: () => follow("[data-key-back]"),
  b: switchBoxes,
  n: nextFace,
  "+": () => zoomBy("larger"),
  "=": () => zoomBy("larger"),
  "-": () => zoomBy("smaller"),
  0: () => zoom?.whole(),
});
