// One duplicate group: keyboard actions, and the view of the differences.
import { differences, paint } from "./difference.js";
import { follow, onKeys, send } from "./keys.js";
import { share } from "./numbers.js";

const TURN = 700;

const compare = document.getElementById("compare");
const panel = document.getElementById("difference");
const canvas = document.getElementById("canvas");
const words = document.getElementById("difference-words");
const gain = document.getElementById("gain");
const [kept, other] = compare.querySelectorAll("[data-side]");
let timer = 0;
let found = null;

/** Both photos as they are, once they have arrived; rejects where one cannot be shown. */
function arrived() {
  return Promise.all([kept.decode(), other.decode()]);
}

async function showDifference() {
  await arrived();
  found ??= differences(kept, other);
  paint(canvas, found, Number(gain.value));
  words.textContent = found.changed
    ? `${share(found.changed)} of the picture differs visibly, scaled to one size.`
    : "Nothing differs visibly once both are scaled to one size.";
}

async function showTurns() {
  await arrived();
  let first = true;
  const turn = () => {
    const side = first ? kept : other;
    canvas.width = kept.naturalWidth;
    canvas.height = kept.naturalHeight;
    canvas.getContext("2d").drawImage(side, 0, 0, canvas.width, canvas.height);
    words.textContent = first ? "Kept" : "The other";
    first = !first;
  };
  turn();
  timer = setInterval(turn, TURN);
}

async function show(view) {
  clearInterval(timer);
  document.querySelector(`[name="view"][value="${view}"]`).checked = true;
  sessionStorage.setItem("duplicate-view", view);
  panel.hidden = view === "sides";
  gain.parentElement.hidden = view !== "difference";
  compare.classList.toggle("compare--one", view !== "sides");
  try {
    if (view === "difference") await showDifference();
    if (view === "turns") await showTurns();
  } catch {
    words.textContent = "One of the photos cannot be shown: its file was removed or has changed since it was read.";
  }
}

gain.addEventListener("input", () => found && paint(canvas, found, Number(gain.value)));
for (const choice of document.querySelectorAll('[name="view"]')) {
  choice.addEventListener("change", () => show(choice.value));
}
show(sessionStorage.getItem("duplicate-view") ?? "sides");

onKeys({
  h: () => send("hide"),
  n: () => send("apart"),
  c: () => send("keep"),
  u: () => send("undo"),
  s: () => show("sides"),
  d: () => show("difference"),
  t: () => show("turns"),
  ArrowRight: () => follow('[rel="next"]'),
  ArrowLeft: () => follow('[rel="prev"]'),
  j: () => follow('[rel="next"]'),
  k: () => follow('[rel="prev"]'),
  "]": () => follow("[data-key-following]"),
  "[": () => follow("[data-key-preceding]"),
  Escape: () => follow("[data-key-back]"),
});
