// Whole pages of one predicted label: exceptions are picked out, Enter decides the rest.
import { newKey } from "./identity.js";
import { Keymap, listen } from "./keymap.js";
import { Link } from "./link.js";
import { CropPage } from "./page.js";
import { Rate, showLine, showState } from "./rate.js";
import { tellRefused } from "./telling.js";
import { Tiles } from "./tiles.js";

const root = document.getElementById("review");
const { label, size } = root.dataset;
const commit = document.getElementById("commit");
const undoButton = document.getElementById("undo");
const brushes = [...document.querySelectorAll("[data-brush]")];
const rate = new Rate();
const sums = { today: 0, remaining: null };
/** The page now, those after it, and pages that were decided, the latest last. */
let now = null;
const ahead = [];
const done = [];
let brush = brushes[0].dataset.brush;

const link = new Link(root, newKey(), {
  wish: () => ({
    holding: [now, ...ahead].flatMap((page) => page?.items ?? []),
    want: ahead.length ? 0 : Number(size),
    label,
  }),
  onAnswer: take,
  onRefused: (items) => tellRefused(items.length),
  onState: showState,
});
const tiles = new Tiles(document.getElementById("crops"), root.dataset.faces, {
  paint: (index, exception) => {
    now.paint(index, exception);
    tell();
  },
  brush: () => brush,
});

function take(answer) {
  const pending = link.outbox.actions.filter((one) => one.kind === "page").length;
  if (!pending) Object.assign(sums, { today: answer.today, remaining: answer.remaining });
  if (answer.faces.length) {
    const page = new CropPage(answer.faces, label);
    if (now) ahead.push(page);
    else {
      now = page;
      show();
      // The page after this one is fetched while this one is looked at.
      link.send();
    }
  }
  if (!now && !pending) nothing(answer);
  showLine({ rate, ...sums });
}

function nothing(answer) {
  document.getElementById("waiting").hidden = true;
  document.getElementById("nothing").hidden = false;
  document.getElementById("nothing-text").textContent = answer.open
    ? "All are decided, or with somebody else."
    : "The queue is not open: it is being filled, or a lead has closed it.";
}

function show() {
  document.getElementById("waiting").hidden = true;
  document.getElementById("nothing").hidden = Boolean(now);
  tiles.show(now ?? new CropPage([], label));
  if (now) now.shownAt = performance.now();
  tell();
  scrollTo(0, 0);
}

function tell() {
  commit.disabled = !now;
  undoButton.disabled = !done.length;
  if (!now) return;
  const { exceptions, decided } = now;
  const text = exceptions ? `Decide ${decided}, ${exceptions} as marked` : `Decide ${decided} faces`;
  document.getElementById("commit-text").textContent = text;
}

function decidePage() {
  if (!now) return;
  const pressed = performance.now();
  const page = now;
  page.key = newKey();
  link.add({ key: page.key, kind: "page", items: page.labels, ms: Math.round(pressed - page.shownAt) });
  done.push(page);
  rate.note(page.decided);
  sums.today += page.decided;
  sums.remaining -= page.decided;
  document.getElementById("said").textContent = `${page.decided} faces decided.`;
  now = ahead.shift() ?? null;
  show();
  showLine({ rate, ...sums });
  if (!now) document.getElementById("waiting").hidden = false;
}

/** Takes the last page back whole; the page now comes after it. */
function undoPage() {
  const page = done.pop();
  if (!page) return;
  link.add({ key: newKey(), kind: "undo_page", items: {}, page: page.key });
  const kept = new Set(Object.entries(page.labels).filter(([, label]) => label).map(([item]) => Number(item)));
  page.drop(page.items.filter((item) => !kept.has(item)));
  if (now) ahead.unshift(now);
  now = page;
  document.getElementById("said").textContent = "The page is taken back.";
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

const names = { with_mask: "With mask", without_mask: "Without mask", incorrect: "Incorrect", not_a_face: "Not a face" };
const labelKeys = { with_mask: "1", without_mask: "2", incorrect: "3", not_a_face: "4" };
const others = Object.keys(names).filter((name) => name !== label);
const handlers = Object.fromEntries(others.map((name) => [name, () => choose(name)]));
const words = Object.fromEntries(others.map((name) => [name, `Exceptions: ${names[name].toLowerCase()}`]));
const keys = Object.fromEntries(others.map((name) => [name, labelKeys[name]]));
listen(
  new Keymap(
    { ...keys, skip: " ", undo: "z", commit: "Enter" },
    { ...words, skip: "Exceptions: left out", undo: "Undo the page", commit: "Decide the page" },
  ),
  { ...handlers, skip: () => choose(""), undo: undoPage, commit: decidePage },
);
choose(brush);
addEventListener("pageshow", (event) => event.persisted && location.reload());
link.send();
