// Corrects labels of wrongly predicted faces without a reload, and moves among them by keyboard.
import { follow, onKeys } from "./keys.js";
import { sendForm } from "./server.js";

const faces = [...document.querySelectorAll("#crops .crop")];
const said = document.getElementById("said");

function focused() {
  return faces.indexOf(document.activeElement?.closest(".crop"));
}

function move(step) {
  if (!faces.length) return false;
  const at = focused();
  const to = at < 0 ? 0 : at + step;
  if (to >= faces.length) return follow('.pager [rel="next"]');
  if (to < 0) return false;
  faces[to].focus();
  faces[to].scrollIntoView({ block: "nearest" });
  return true;
}

async function decide(form, button) {
  const buttons = [...form.querySelectorAll("button")];
  const before = buttons.find((one) => one.getAttribute("aria-pressed") === "true");
  const press = (pressed) => buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === pressed)));
  press(button);
  const data = new FormData(form);
  data.set("label", button.value);
  try {
    await sendForm(form.action, data, { signal: new AbortController().signal, onProgress: () => {} });
    said.textContent = `Decided: ${button.title}.`;
  } catch (error) {
    press(before);
    said.textContent = `Not decided: ${error.message}`;
    form.closest(".crop").classList.add("crop--failed");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-decide]") || !event.submitter) return;
  event.preventDefault();
  decide(event.target, event.submitter);
});

function decideFocused(place) {
  const at = focused();
  if (at < 0) return false;
  const form = faces[at].querySelector("[data-decide]");
  decide(form, form.querySelectorAll("button")[place]);
  return move(1) || true;
}

const labels = Object.fromEntries([0, 1, 2, 3, 4].map((place) => [String(place + 1), () => decideFocused(place)]));

onKeys({
  ...labels,
  ArrowRight: () => move(1),
  ArrowLeft: () => move(-1),
  j: () => move(1),
  k: () => move(-1),
  "]": () => follow('.pager [rel="next"]'),
  g: () => follow("[data-key-guide]"),
  Escape: () => follow("[data-key-back]"),
});
