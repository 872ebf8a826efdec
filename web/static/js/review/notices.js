// Short notices that disappear by themselves.
const SECONDS = 8;
let timer = 0;

export function showNotice(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.hidden = true), SECONDS * 1000);
}

/** Tells that decisions were dropped because their lease had ended. */
export function showRefused(count) {
  const what = count === 1 ? "a face" : `${count} faces`;
  showNotice(`Somebody else has decided ${what} before you did. Your ${count === 1 ? "decision was" : "decisions were"} not saved.`);
}
