// Keeps a page's <main> up to date: fetches it from the page's own address and morphs the changes in.
import { morph } from "./morph.js";
import { localise } from "./times.js";

const LONGEST_PAUSE = 30000;
// Each answer is followed by a pause of so many times as long: a busy server is asked less often.
const PAUSES_PER_ANSWER = 10;

async function refresh(main) {
  const answer = await fetch(location.href, { headers: { "Maskloop-Live": "1" }, cache: "no-cache" });
  if (answer.redirected || answer.status === 401) {
    // Signed out meanwhile: reload, which shows the sign-in page.
    location.reload();
    return;
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  morph(main, page.querySelector("main"));
  localise(main);
}

export function keepLive() {
  const main = document.querySelector("main[data-poll]");
  if (!main?.dataset.poll) return;
  let failures = 0;
  let timer = 0;
  let taken = 0;

  async function turn() {
    const begun = performance.now();
    try {
      await refresh(main);
      failures = 0;
    } catch {
      failures += 1;
    }
    taken = performance.now() - begun;
    document.getElementById("stale").hidden = failures < 2;
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (document.hidden) return;
    const pause = Math.max(Number(main.dataset.poll) * 2 ** failures, taken * PAUSES_PER_ANSWER);
    timer = setTimeout(turn, Math.min(pause, LONGEST_PAUSE));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : turn()));
  schedule();
}
