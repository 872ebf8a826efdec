// Review by page: mark the exceptions among faces with the same predicted label, decide the rest with Enter.
import { CHOICE_WORDS } from "../labels.js";
import { openGuide } from "./guide.js";
import { newKey } from "./identity.js";
import { Keymap, listen } from "./keymap.js";
import { number, plural } from "../numbers.js";
import { Link } from "./link.js";
import { CropPage } from "./page.js";
import { Rate, showLine, showState } from "./rate.js";
import { showRefused } from "./notices.js";
import { Tiles } from "./tiles.js";

const root = document.getElementById("review");
const { label, size } = root.dataset;
const commit = document.getElementById("commit");
const undoButton = document.getElementById("undo");
const brushes = [...document.querySelectorAll("[data-brush]")];
const rate = new Rate();
const counters = { today: 0, remaining: null };
/** The current page, prefetched pages, and decided pages, newest last. */
let current = null;
const ahead = [];
const done = [];
let brush = brushes[0].dataset.brush;

const link = new Link(root, newKey(), {
  request: () => ({
    holding: [current, ...ahead].flatMap((page) => page?.items ?? []),
    want: ahead.length ? 0 : Number(size),
    label,
  }),
  onAnswer: applyAnswer,
  onRefused: (items) => showRefused(items.length),
  onState: showState,
});
const tiles = new Tiles(document.getElementById("crops"), root.dataset.faces, {
  paint: (index, exception) => {
    current.paint(index, exception);
    updateBar();
  },
  brush: () => brush,
});

function applyAnswer(answer) {
  const pending = link.outbox.actions.filter((one) => one.kind === "page").length;
  if (!pending) Object.assign(counters, { today: answer.today, remaining: answer.remaining });
  if (answer.faces.length) {
    const page = new CropPage(answer.faces, label);
    if (current) ahead.push(page);
    else {
      current = page;
      show();
      // Prefetches the next page.
      link.send();
    }
  }
  if (!current && !pending) showNothing(answer);
  showLine({ rate, ...counters });
}

function showNothing(answer) {
  document.getElementById("waiting").hidden = true;
  document.getElementById("nothing").hidden = false;
  document.getElementById("nothing-text").textContent = answer.open
    ? "All of them are decided, or other reviewers have them."
    : "The queue is closed or still being filled.";
}

function show() {
  document.getElementById("waiting").hidden = true;
  document.getElementById("nothing").hidden = Boolean(current);
  tiles.show(current ?? new CropPage([], label));
  if (current) current.shownAt = performance.now();
  updateBar();
  scrollTo(0, 0);
}

function updateBar() {
  commit.disabled = !current;
  undoButton.disabled = !done.length;
  if (!current) return;
  const { exceptions, decided } = current;
  const text = exceptions ? `Decide ${plural(decided, "face")}, ${number(exceptions)} as marked` : `Decide ${plural(decided, "face")}`;
  document.getElementById("commit-text").textContent = text;
}

function decidePage() {
  if (!current) return;
  const pressed = performance.now();
  const page = current;
  page.key = newKey();
  link.add({ key: page.key, kind: "page", items: page.labels, ms: Math.round(pressed - page.shownAt) });
  done.push(page);
  rate.note(page.decided);
  counters.today += page.decided;
  counters.remaining -= page.decided;
  document.getElementById("said").textContent = `${plural(page.decided, "face")} decided.`;
  current = ahead.shift() ?? null;
  show();
  showLine({ rate, ...counters });
  if (!current) document.getElementById("waiting").hidden = false;
}

/** Undoes the last decided page and shows it again, before the current one. */
function undoPage() {
  const page = done.pop();
  if (!page) return;
  link.add({ key: newKey(), kind: "undo_page", items: {}, page: page.key });
  const kept = new Set(Object.entries(page.labels).filter(([, label]) => label).map(([item]) => Number(item)));
  page.drop(page.items.filter((item) => !kept.has(item)));
  if (current) ahead.unshift(current);
  current = page;
  document.getElementById("said").textContent = "Page undone.";
  show();
}

function choose(value) {
  brush = value;
  for (const one of brushes) one.setAttribute("aria-checked", String(one.dataset.brush === value));
}

for (const one of brushes) one.addEventListener("click", () => choose(one.dataset.brush));
commit.addEventListener("click", decidePage);
undoButton.addEventListener("click", undoPage);
document.getElementById("size").addEventListener("change", (event) => {
  const address = new URL(location.href);
  address.searchParams.set("size", event.target.value);
  location.assign(address);
});

const labelKeys = { with_mask: "1", without_mask: "2", incorrect: "3", not_a_face: "4", cannot_tell: "5" };
const others = Object.keys(CHOICE_WORDS).filter((name) => name !== label);
const handlers = Object.fromEntries(others.map((name) => [name, () => choose(name)]));
const words = Object.fromEntries(others.map((name) => [name, `Exceptions: ${CHOICE_WORDS[name]}`]));
const keys = Object.fromEntries(others.map((name) => [name, labelKeys[name]]));
listen(
  new Keymap(
    { ...keys, skip: " ", undo: "z", commit: "Enter", guide: "g" },
    { ...words, skip: "Exceptions: left out", undo: "Undo page", commit: "Decide page", guide: "Labelling guide" },
  ),
  { ...handlers, skip: () => choose(""), undo: undoPage, commit: decidePage, guide: openGuide },
);
choose(brush);
addEventListener("pageshow", (event) => event.persisted && location.reload());
link.send();
