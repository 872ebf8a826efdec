// The form of a new queue: how many faces match, and jobs by title, while somebody types.
import { getJson } from "../server.js";

/** Milliseconds without a change before the server is asked. */
const PAUSE = 300;
const form = document.getElementById("new-queue");
const matching = document.getElementById("matching");
const job = form.elements.namedItem("job");
const jobs = document.getElementById("jobs");

/** Calls `ask(signal)` after a pause; a later call cancels the earlier one, also while the server answers. */
function delayed(ask) {
  let timer = 0;
  let request = new AbortController();
  return (pause = PAUSE) => {
    clearTimeout(timer);
    request.abort();
    request = new AbortController();
    const { signal } = request;
    timer = setTimeout(() => ask(signal).catch(() => {}), pause);
  };
}

function say(words) {
  matching.textContent = words;
  matching.setAttribute("aria-busy", "false");
}

async function count(signal) {
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("csrf_token");
  try {
    say((await getJson(`${form.dataset.matching}?${fields}`, { signal })).words);
  } catch (error) {
    if (!signal.aborted) say(`How many faces match is not known: ${error.message}`);
  }
}

async function findJobs(signal) {
  const query = new URLSearchParams({ words: job.value });
  const { jobs: names } = await getJson(`${form.dataset.jobs}?${query}`, { signal });
  jobs.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
}

/** Shares count only for "Custom"; hidden ones must not keep the form from being sent. */
function showShares() {
  form.querySelector(".shares").disabled = form.elements.namedItem("preset").value !== "custom";
}

const countSoon = delayed(count);
const findSoon = delayed(findJobs);

form.addEventListener("input", (event) => {
  showShares();
  if (event.target === job) findSoon();
  matching.setAttribute("aria-busy", "true");
  countSoon();
});
showShares();
countSoon(0);
