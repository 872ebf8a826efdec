// The page of one face: keys 1 to 5 decide it, G opens the labelling guide.
import { follow, onKeys } from "../keys.js";

const buttons = [...document.querySelectorAll(".face-page__labels .label-button")];
onKeys({
  ...Object.fromEntries(buttons.map((button, index) => [String(index + 1), () => button.click()])),
  g: () => follow("[data-key-guide]"),
});
