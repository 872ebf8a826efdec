// Keyboard navigation in the grid of a job's photos.
import { GRID_KEYS } from "./grid.js";
import { follow, onKeys } from "./keys.js";

const filters = Object.fromEntries(
  [...document.querySelectorAll(".filters .chip")].map((chip, index) => [String(index + 1), () => chip.click()]),
);

onKeys({ ...filters, ...GRID_KEYS, Escape: () => follow("[data-key-back]") });

// On a phone the filters are one line that scrolls sideways.
document.querySelector(".filters .chip[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
