// Moves the focus in a grid of photos by keyboard.
import { follow } from "./keys.js";

/** The links of all tiles, in reading order. */
export const links = [...document.querySelectorAll(".tile__link")];

/** The index of the tile that has the focus; -1 if none has. */
export function current() {
  return links.findIndex((link) => link.parentElement.contains(document.activeElement));
}

/** How many tiles stand in a row now. */
export function columns() {
  const topOf = (link) => Math.round(link.getBoundingClientRect().top);
  const next = links.findIndex((link) => topOf(link) !== topOf(links[0]));
  return next < 0 ? links.length : next;
}

/** Focuses the tile `step` further; a single step past the end turns the page. False if nothing moved. */
export function move(step) {
  if (!links.length) return false;
  const at = current();
  const to = at < 0 ? 0 : at + step;
  if (to >= links.length) return Math.abs(step) === 1 ? follow('.pager [rel="next"]') : false;
  if (to < 0) return Math.abs(step) === 1 ? follow('.pager [rel="prev"]') : false;
  links[to].focus();
  links[to].scrollIntoView({ block: "nearest" });
  return true;
}

/** Keys that move the focus and turn pages. */
export const GRID_KEYS = {
  ArrowRight: () => move(1),
  ArrowLeft: () => move(-1),
  ArrowDown: () => move(columns()),
  ArrowUp: () => move(-columns()),
  j: () => move(1),
  k: () => move(-1),
  "]": () => follow('.pager [rel="next"]'),
  "[": () => follow('.pager [rel="prev"]'),
};
