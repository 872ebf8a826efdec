// Sentences that a reviewer should read once; they go by themselves.
const SECONDS = 8;
let timer = 0;

export function say(text) {
  const notice = document.getElementById("told");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.hidden = true), SECONDS * 1000);
}

/** Decisions that came too late: a lease had ended meanwhile. */
export function tellRefused(count) {
  const what = count === 1 ? "a face" : `${count} faces`;
  const said = count === 1 ? "it was" : "them was";
  say(`Somebody else has decided ${what} before you did; what you said of ${said} dropped.`);
}
