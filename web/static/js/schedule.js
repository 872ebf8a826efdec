// The form of a schedule: previews the cron expression while it is typed.
import { getJson } from "./server.js";

const form = document.querySelector("#schedule");
const preview = document.querySelector("#preview");
const cron = form.elements.cron;
const zone = form.elements.time_zone;
let latest = 0;
let timer = 0;

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function show({ words, runs }) {
  const list = element("ol", "");
  list.className = "next-runs";
  list.append(...runs.map((run) => element("li", run)));
  const first = document.createElement("p");
  first.append(element("strong", words));
  preview.classList.remove("preview--bad");
  preview.replaceChildren(first, list);
}

async function refresh() {
  const asked = ++latest;
  const query = new URLSearchParams({ cron: cron.value, time_zone: zone.value });
  try {
    const answer = await getJson(`${form.dataset.preview}?${query}`);
    if (asked === latest) show(answer);
  } catch (error) {
    if (asked !== latest) return;
    preview.classList.add("preview--bad");
    preview.replaceChildren(element("p", error.message));
  }
}

function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 200);
}

const zones = document.querySelector("#zones");
zones.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
// A new schedule defaults to the reader's time zone.
if (zone.value === "UTC" && new URLSearchParams(location.search).has("job")) {
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  refresh();
}
form.addEventListener("input", refreshSoon);
for (const button of form.querySelectorAll("[data-cron]")) {
  // Until now a click would have done nothing.
  button.disabled = false;
  button.addEventListener("click", () => {
    cron.value = button.dataset.cron;
    refresh();
  });
}
