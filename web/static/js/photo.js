// One photo at full size: zoom, show or hide boxes, step through faces and photos by keyboard.
import { Boxes } from "./boxes.js";
import { follow, onKeys } from "./keys.js";
import { Labels } from "./photo-labels.js";
import { Zoom } from "./zoom.js";

const stage = document.getElementById("stage");
const sheet = document.getElementById("sheet");
const faces = [...document.querySelectorAll(".face")];
const toggle = document.querySelector("[data-boxes]");
const boxes = sheet && new Boxes(sheet.querySelector(".boxes"));
const zoom = sheet && new Zoom(stage, sheet, (scale) => boxes.fit(scale));
const labelling = document.getElementById("labels");
const labels = labelling && new Labels(labelling, faces, boxes);

function chosen() {
  return faces.findIndex((face) => face.getAttribute("aria-pressed") === "true");
}

/** Where the photo is larger than the stage, the chosen face is in its middle. */
function showChosen() {
  if (chosen() >= 0) zoom.centre(...boxes.middle(chosen()));
}

/** Chooses a face; the one that is chosen already is let go. */
function choose(index) {
  const now = index === chosen() ? -1 : index;
  faces.forEach((face, at) => face.setAttribute("aria-pressed", String(at === now)));
  boxes.choose(now);
  labels?.choose(faces.length > 1 ? now : 0);
  // On a phone the list is below the photo, which must stay in view.
  if (now >= 0 && matchMedia("(min-width: 901px)").matches) faces[now].scrollIntoView({ block: "nearest" });
  showChosen();
}

function nextFace() {
  if (!faces.length) return false;
  choose(faces.length > 1 ? (chosen() + 1) % faces.length : 0);
  return true;
}

/** A single face need not be chosen first. */
function decide(label) {
  return labels?.decide(faces.length > 1 ? chosen() : 0, label) ?? false;
}

function zoomBy(step) {
  zoom?.[step]();
  showChosen();
}

function switchBoxes() {
  const shown = toggle.getAttribute("aria-pressed") !== "true";
  toggle.setAttribute("aria-pressed", String(shown));
  stage.classList.toggle("stage--bare", !shown);
  sessionStorage.setItem("boxes", shown ? "on" : "off");
}

faces.forEach((face, index) => face.addEventListener("click", () => choose(index)));
stage.addEventListener("click", (event) => {
  const index = zoom && !zoom.dragged ? boxes.at(zoom.toPhoto(event)) : -1;
  if (index >= 0) choose(index);
});
toggle.addEventListener("click", switchBoxes);
if (sessionStorage.getItem("boxes") === "off") switchBoxes();

for (const button of document.querySelectorAll("[data-label]")) {
  button.addEventListener("click", () => decide(button.dataset.label));
}
if (faces.length === 1) labels?.choose(0);

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
  e: () => follow("[data-key-edit]"),
  1: () => decide("with_mask"),
  2: () => decide("without_mask"),
  3: () => decide("incorrect"),
  4: () => decide("not_a_face"),
  5: () => decide("cannot_tell"),
  z: () => labels?.undo() ?? false,
  "+": () => zoomBy("larger"),
  "=": () => zoomBy("larger"),
  "-": () => zoomBy("smaller"),
  0: () => zoom?.whole(),
});
