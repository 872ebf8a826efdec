// Keyboard actions in the list of duplicate groups.
import { follow, onKeys, send } from "./keys.js";

const links = [...document.querySelectorAll(".group-row__link")];

function move(step) {
  if (!links.length) return false;
  const at = links.findIndex((link) => link.closest(".group-row").contains(document.activeElement));
  const to = at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1);
  links[to].focus();
  links[to].scrollIntoView({ block: "nearest" });
  return true;
}

function hide() {
  const row = document.activeElement.closest(".group-row");
  row?.querySelector("form").requestSubmit();
  return Boolean(row);
}

onKeys({
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  j: () => move(1),
  k: () => move(-1),
  h: hide,
  u: () => send("undo"),
  "]": () => follow('.pager [rel="next"]'),
  "[": () => follow('.pager [rel="prev"]'),
});
