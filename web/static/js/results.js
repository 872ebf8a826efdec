// Keyboard navigation in the grid of photos.
import { follow, onKeys } from "./keys.js";

const links = [...document.querySelectorAll(".tile__link")];

function current() {
  return links.indexOf(document.activeElement);
}

/** How many tiles stand in a row now. */
function columns() {
  const topOf = (link) => Math.round(link.getBoundingClientRect().top);
  const next = links.findIndex((link) => topOf(link) !== topOf(links[0]));
  return next < 0 ? links.length : next;
}

function move(step) {
  if (!links.length) return false;
  const at = current();
  const to = at < 0 ? 0 : at + step;
  if (to >= links.length) return Math.abs(step) === 1 ? follow('.pager [rel="next"]') : false;
  if (to < 0) return Math.abs(step) === 1 ? follow('.pager [rel="prev"]') : false;
  links[to].focus();
  links[to].scrollIntoView({ block: "nearest" });
  return true;
}

const filters = Object.fromEntries(
  [...document.querySelectorAll(".filters .chip")].map((chip, index) => [String(index + 1), () => chip.click()]),
);

onKeys({
  ...filters,
  ArrowRight: () => move(1),
  ArrowLeft: () => move(-1),
  ArrowDown: () => move(columns()),
  ArrowUp: () => move(-columns()),
  j: () => move(1),
  k: () => move(-1),
  "]": () => follow('.pager [rel="next"]'),
  "[": () => follow('.pager [rel="prev"]'),
  Escape: () => follow("[data-key-back]"),
});

// On a phone the filters are one line that scrolls sideways.
document.querySelector(".filters .chip[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
