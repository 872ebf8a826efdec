// One face's own page: keys 1 to 4 decide.
import { onKeys } from "../keys.js";

const buttons = [...document.querySelectorAll(".face-page__labels .label-button")];
onKeys(Object.fromEntries(buttons.map((button, index) => [String(index + 1), () => button.click()])));
