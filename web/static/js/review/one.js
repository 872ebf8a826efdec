// One face after the other.
import { sendLeftovers } from "../edits.js";
import { getJson } from "../server.js";
import { newKey } from "./identity.js";
import { Keymap, listen } from "./keymap.js";
import { Link } from "./link.js";
import { Rate, showLine, showState } from "./rate.js";
import { Stage } from "./stage.js";
import { onSwipes } from "./swipe.js";
import { say, tellRefused } from "./telling.js";
import { Walk } from "./walk.js";

const AHEAD = 16;
const LOW = 10;
/** How soon to look again where others have the last faces. */
const LOOK_AGAIN = 5000;

const root = document.getElementById("review");
const stage = new Stage(root);
const rate = new Rate();
const sums = { today: 0, remaining: null };
let shownAt = performance.now();
let shownFace = null;
let waiting = 0;
let looking = false;
/** Items that the request under way asks to keep. */
let asked = new Set();

const link = new Link(root, newKey(), {
  wish: () => {
    asked = new Set(walk.held);
    return { holding: walk.held, want: walk.next.length < LOW ? AHEAD - walk.next.length : 0 };
  },
  onAnswer: take,
  onRefused: (items) => {
    tellRefused(items.length);
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
  showLine({ rate, ...sums });
}

/** What the server answered: lost faces go, new ones come, the sums are its own. */
function take(answer) {
  const lost = walk.held.filter((item) => asked.has(item) && !answer.held.includes(item));
  const had = walk.face;
  walk.drop(lost);
  walk.add(answer.faces);
  const told = new Map(answer.told.map((face) => [face.item, face]));
  for (const face of walk.past) if (told.has(face.item)) Object.assign(face, guessOf(told.get(face.item)));
  const pending = link.outbox.actions.filter((one) => one.kind === "decide").length;
  Object.assign(sums, { today: answer.today + pending, remaining: answer.remaining - pending });
  if (walk.face !== had || !walk.face || told.has(walk.face.item)) settle(answer);
  else {
    stage.prepare(walk.next, walk.past);
    showLine({ rate, ...sums });
  }
}

function guessOf({ guess, score }) {
  return { guess, score };
}

function settle(answer) {
  if (walk.face) return show();
  clearTimeout(waiting);
  showLine({ rate, ...sums });
  if (!answer.open) stage.nothing("The queue is not open", "It is being filled, or a lead has closed it.");
  else if (answer.remaining > 0) {
    stage.nothing("Nothing for you now", "The faces that are left are with somebody else, or wait for another person than you.");
  } else stage.nothing("All decided", "Every face of this queue is decided.");
  if (!answer.open || answer.remaining > 0) waiting = setTimeout(() => link.send(), LOOK_AGAIN);
}

function decide(label) {
  const pressed = performance.now();
  if (walk.face && stage.isUnseen) return;
  const isNew = !walk.isPast;
  if (!walk.decide(label, Math.round(pressed - shownAt))) return;
  if (isNew) {
    rate.note();
    sums.today += 1;
    sums.remaining -= 1;
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
    else say("There is nothing left to undo.");
  } catch {
    say("What was decided before this visit cannot be reached just now.");
  } finally {
    looking = false;
  }
  return show();
}

/** The box editor with this face chosen, and the way back here; it says of the face no more than this page does. */
function boxesOf({ photo, face, guess }) {
  const query = new URLSearchParams({ face, back: location.pathname, ...(guess ? {} : { blind: 1 }) });
  return `${root.dataset.boxes.replace(/0$/, photo)}?${query}`;
}

/** After a step that may have left the face as it was. */
function step(moved) {
  if (moved) show();
}

const handlers = {
  with_mask: () => decide("with_mask"),
  without_mask: () => decide("without_mask"),
  incorrect: () => decide("incorrect"),
  not_a_face: () => decide("not_a_face"),
  skip: () => step(walk.skip()),
  undo,
  back: () => step(walk.backward()),
  forward: () => step(walk.forward()),
  flag: () => step(walk.flag()),
  photo: () => {
    stage.whole = !stage.whole;
    show();
  },
  boxes: () => walk.face && location.assign(boxesOf(walk.face)),
};
const words = {
  with_mask: "With mask", without_mask: "Without mask", incorrect: "Incorrect", not_a_face: "Not a face",
  skip: "Skip; it stays in the queue", undo: "Undo", back: "Back", forward: "Forward", flag: "Flag", photo: "Whole photo",
  boxes: "Edit the box",
};
const keys = {
  with_mask: "1", without_mask: "2", incorrect: "3", not_a_face: "4",
  skip: " ", undo: "z", back: "ArrowLeft", forward: "ArrowRight", flag: "f", photo: "w", boxes: "b",
};
listen(new Keymap(keys, words), handlers);
for (const button of root.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    handlers[button.dataset.do]();
    // The keys are the page's again, Space among them.
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
// A page that comes back from the browser's memory has given its faces away.
addEventListener("pageshow", (event) => event.persisted && location.reload());
// A box that was edited on the way here is moved before its face is asked for.
sendLeftovers().finally(() => link.send());
