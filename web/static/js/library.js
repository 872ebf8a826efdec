// The library: move in the grid, choose photos by mouse or keyboard, and come back to the same place.
import { GRID_KEYS, columns, current, links, move } from "./grid.js";
import { onKeys } from "./keys.js";
import { number, plural } from "./numbers.js";

const form = document.getElementById("choice");

/** The chosen photos of all pages under one filter, kept while the tab is open. */
class Choice {
  constructor() {
    this.key = `chosen ${form.dataset.filter}`;
    this.ids = new Set(JSON.parse(sessionStorage.getItem(this.key) ?? "[]"));
    this.boxes = [...form.querySelectorAll("input[name=ids]")];
    this.all = form.querySelector("[data-choose-all]");
    this.last = -1;
    for (const box of this.boxes) box.checked = this.ids.has(box.value);
  }

  set(index, checked) {
    const box = this.boxes[index];
    box.checked = checked;
    if (checked) this.ids.add(box.value);
    else this.ids.delete(box.value);
    this.last = index;
  }

  /** Sets the tiles from the last chosen one to this one alike. */
  extend(index, checked = true) {
    const start = this.last < 0 ? index : this.last;
    const [from, to] = [Math.min(start, index), Math.max(start, index)];
    for (let at = from; at <= to; at += 1) this.set(at, checked);
    this.last = index;
    this.show();
  }

  none() {
    this.ids.clear();
    for (const box of this.boxes) box.checked = false;
    this.all.checked = false;
    this.last = -1;
    this.show();
  }

  page() {
    this.all.checked = false;
    const whole = this.boxes.every((box) => box.checked);
    this.boxes.forEach((_, index) => this.set(index, !whole));
    this.show();
  }

  show() {
    sessionStorage.setItem(this.key, JSON.stringify([...this.ids]));
    const everything = this.all.checked;
    const count = this.ids.size;
    for (const box of this.boxes) box.disabled = everything;
    form.classList.toggle("choice--all", everything);
    form.querySelector("[data-choose-none]").hidden = !everything && !count;
    for (const button of form.querySelectorAll("[data-needs-choice]")) button.disabled = !everything && !count;
    const elsewhere = count - this.boxes.filter((box) => box.checked).length;
    const words = `${plural(count, "photo")} chosen${elsewhere ? `, ${number(elsewhere)} of them on other pages` : ""}`;
    const hint = "Choose photos to label, export or remove them.";
    form.querySelector("[data-choice-count]").textContent = everything ? `All ${this.all.dataset.total} chosen` : count ? words : hint;
  }

  /** Sends the photos of other pages too. */
  send(button) {
    form.querySelectorAll("[data-elsewhere]").forEach((input) => input.remove());
    if (!this.all.checked) {
      const here = new Set(this.boxes.map((box) => box.value));
      for (const id of this.ids) {
        if (here.has(id)) continue;
        const input = Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: id });
        input.dataset.elsewhere = "";
        form.append(input);
      }
    }
    if (!button?.hasAttribute("data-keeps-choice")) sessionStorage.removeItem(this.key);
  }
}

const choice = form && new Choice();

function toggle(event) {
  const at = current();
  if (!choice || at < 0 || choice.all.checked) return false;
  if (event.shiftKey) choice.extend(at);
  else choice.set(at, !choice.boxes[at].checked);
  choice.show();
  return true;
}

/** Moves, and with Shift chooses everything on the way. */
function step(distance, event) {
  const from = current();
  const moved = event.shiftKey && from >= 0 ? move(Math.min(Math.max(from + distance(), 0), links.length - 1) - from) : move(distance());
  if (event.shiftKey && choice && !choice.all.checked && from >= 0) {
    if (choice.last < 0) choice.last = from;
    choice.extend(current());
  }
  return moved;
}

if (choice) {
  for (const button of form.querySelectorAll("[data-choose-page]")) button.hidden = false;
  choice.boxes.forEach((box, index) => {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && choice.last >= 0) choice.extend(index, box.checked);
      else choice.set(index, box.checked);
      choice.show();
      // A click leaves the keys at the tile; Space in the box does not move the focus.
      if (event.detail) links[index].focus();
    });
  });
  choice.all.addEventListener("change", () => choice.show());
  form.querySelector("[data-choose-page]").addEventListener("click", () => choice.page());
  form.querySelector("[data-choose-none]").addEventListener("click", () => choice.none());
  form.addEventListener("submit", (event) => choice.send(event.submitter));
  choice.show();
  // The browser fills in the boxes again when it comes back to a page that it kept.
  window.addEventListener("pageshow", (event) => event.persisted && choice.show());
}

onKeys({
  ...GRID_KEYS,
  ArrowRight: (event) => step(() => 1, event),
  ArrowLeft: (event) => step(() => -1, event),
  ArrowDown: (event) => step(columns, event),
  ArrowUp: (event) => step(() => -columns(), event),
  x: toggle,
  X: toggle,
  a: () => choice?.page() ?? Boolean(choice),
  Escape: () => (choice ? choice.none() ?? true : false),
});

// The page of a photo leads back here, to the same filter, page and place.
for (const link of links) {
  link.addEventListener("click", () => {
    const top = link.getBoundingClientRect().top;
    const place = { url: location.href.split("#")[0], ids: links.map((one) => one.id), id: link.id, top };
    sessionStorage.setItem("library place", JSON.stringify(place));
  });
}
const place = JSON.parse(sessionStorage.getItem("library place") ?? "null");
const opened = location.hash && document.getElementById(location.hash.slice(1));

/** Puts the tile where it was on the screen, since tiles above it have no height before they are drawn. */
function restore() {
  opened.focus({ preventScroll: true });
  if (place?.id === opened.id) scrollBy({ top: opened.getBoundingClientRect().top - place.top, behavior: "instant" });
  else opened.scrollIntoView({ block: "nearest" });
}
// After the browser itself has gone to the tile.
if (opened) addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(restore)));
