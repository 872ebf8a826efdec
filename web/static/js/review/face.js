// The page of one face: keys 1 to 4 decide it.
import { onKeys } from "../keys.js";

const buttons = [...document.querySelectorAll(".face-page__labels .label-button")];
onKeys(Object.fromEntries(buttons.map((button, index) => [String(index + 1), () => button.click()])));
