// Review one face at a time.
import { sendLeftovers } from "../edits.js";
import { getJson } from "../server.js";
import { openGuide } from "./guide.js";
import { newKey } from "./identity.js";
import { Keymap, listen } from "./keymap.js";
import { Link } from "./link.js";
import { Rate, showLine, showState } from "./rate.js";
import { Stage } from "./stage.js";
import { onSwipes } from "./swipe.js";
import { showNotice, showRefused } from "./notices.js";
import { Walk } from "./walk.js";

const AHEAD = 16;
const LOW = 10;
/** Milliseconds until the next request if other reviewers hold the last faces. */
const RETRY = 5000;

const root = document.getElementById("review");
const stage = new Stage(root);
const rate = new Rate();
const counters = { today: 0, remaining: null };
let shownAt = performance.now();
let shownFace = null;
let waiting = 0;
let looking = false;
/** Items whose leases the current request renews. */
let asked = new Set();

const link = new Link(root, newKey(), {
  request: () => {
    asked = new Set(walk.held);
    return { holding: walk.held, want: walk.next.length < LOW ? AHEAD - walk.next.length : 0 };
  },
  onAnswer: applyAnswer,
  onRefused: (items) => {
    showRefused(items.length);
    step(walk.forget(items));
  },
  onState: showState,
});
const walk = new Walk((one) => link.add(one));

function show() {
  stage.show(walk.face, { isPast: walk.isPast });
  stage.prepare(walk.next, walk.past);
  if (walk.face !== shownFace) shownAt = performance.now();
  shownFace = walk.face;
  showLine({ rate, ...counters });
}

/** Applies an answer: drops lost faces, adds new ones, updates the counters. */
function applyAnswer(answer) {
  const lost = walk.held.filter((item) => asked.has(item) && !answer.held.includes(item));
  const had = walk.face;
  walk.drop(lost);
  walk.add(answer.faces);
  const revealed = new Map(answer.revealed.map((face) => [face.item, face]));
  for (const face of walk.past) if (revealed.has(face.item)) Object.assign(face, guessOf(revealed.get(face.item)));
  const pending = link.outbox.actions.filter((one) => one.kind === "decide").length;
  Object.assign(counters, { today: answer.today + pending, remaining: answer.remaining - pending });
  if (walk.face !== had || !walk.face || revealed.has(walk.face.item)) showOrExplain(answer);
  else {
    stage.prepare(walk.next, walk.past);
    showLine({ rate, ...counters });
  }
}

function guessOf({ guess, score }) {
  return { guess, score };
}

function showOrExplain(answer) {
  if (walk.face) return show();
  clearTimeout(waiting);
  showLine({ rate, ...counters });
  if (!answer.open) stage.nothing("The queue is not open", "It is closed or still being filled.");
  else if (answer.remaining > 0) {
    stage.nothing("No faces for you at the moment", "Other reviewers or tabs have the remaining faces, or another reviewer makes the second decision. A tab that was lost keeps its faces for 90 seconds; this page asks again by itself.");
  } else stage.nothing("All decided", "Every face of this queue is decided.");
  if (!answer.open || answer.remaining > 0) waiting = setTimeout(() => link.send(), RETRY);
}

function decide(label) {
  const pressed = performance.now();
  if (walk.face && stage.isUnseen) return;
  const isNew = !walk.isPast;
  if (!walk.decide(label, Math.round(pressed - shownAt))) return;
  if (isNew) {
    rate.note();
    counters.today += 1;
    counters.remaining -= 1;
  }
  show();
  requestAnimationFrame(() => performance.measure("next-face", { start: pressed, end: performance.now() }));
}

async function undo() {
  if (walk.undo()) return show();
  if (looking) return undefined;
  looking = true;
  try {
    const oldest = walk.past[0]?.item;
    const before = oldest === undefined ? "" : `?before=${oldest}`;
    const { faces } = await getJson(root.dataset.past + before);
    const older = faces.find((face) => face.label && !walk.held.includes(face.item));
    if (older) walk.undoOlder(older);
    else showNotice("There is nothing left to undo.");
  } catch {
    showNotice("Earlier decisions cannot be loaded at the moment.");
  } finally {
    looking = false;
  }
  return show();
}

/** The URL of the box editor with this face selected; the editor hides predictions that this page hides. */
function boxesOf({ photo, face, guess }) {
  const query = new URLSearchParams({ face, back: location.pathname, ...(guess ? {} : { blind: 1 }) });
  return `${root.dataset.boxes.replace(/0$/, photo)}?${query}`;
}

/** Shows the face again if a step changed it. */
function step(moved) {
  if (moved) show();
}

const handlers = {
  with_mask: () => decide("with_mask"),
  without_mask: () => decide("without_mask"),
  incorrect: () => decide("incorrect"),
  not_a_face: () => decide("not_a_face"),
  cannot_tell: () => decide("cannot_tell"),
  skip: () => step(walk.skip()),
  undo,
  back: () => step(walk.backward()),
  forward: () => step(walk.forward()),
  flag: () => step(walk.flag()),
  photo: () => {
    stage.whole = !stage.whole;
    show();
  },
  guide: openGuide,
  boxes: () => walk.face && location.assign(boxesOf(walk.face)),
};
const words = {
  with_mask: "With mask", without_mask: "Without mask", incorrect: "Incorrect", not_a_face: "Not a face",
  cannot_tell: "Can't tell: the face gets no label and is not shown again",
  skip: "Skip; the face stays in the queue", undo: "Undo", back: "Back", forward: "Forward", flag: "Flag", photo: "Whole photo",
  boxes: "Edit box", guide: "Labelling guide",
};
const keys = {
  with_mask: "1", without_mask: "2", incorrect: "3", not_a_face: "4", cannot_tell: "5",
  skip: " ", undo: "z", back: "ArrowLeft", forward: "ArrowRight", flag: "f", photo: "w", boxes: "b", guide: "g",
};
listen(new Keymap(keys, words), handlers);
for (const button of root.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    handlers[button.dataset.do]();
    // So that Space is a key of the page again.
    button.blur();
  });
}
onSwipes(document.getElementById("frame"), {
  decide,
  hold: (whole) => {
    stage.whole = whole;
    show();
  },
});
// A page restored from the back-forward cache has returned its faces.
addEventListener("pageshow", (event) => event.persisted && location.reload());
// Pending box edits are sent first, so that faces come with their new boxes.
sendLeftovers().finally(() => link.send());
