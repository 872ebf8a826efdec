// Keys of a page: one handler per key, inactive while somebody types or a dialog is open.
function isTyping(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

export function onKeys(handlers) {
  const help = document.getElementById("keys");
  document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const handler = event.key === "?" ? () => help.showModal() : handlers[event.key];
    if (handler && handler(event) !== false) event.preventDefault();
  });
}

/** Follows the link that matches `selector`; false if there is none. */
export function follow(selector) {
  const link = document.querySelector(selector);
  if (!link) return false;
  link.click();
  return true;
}

/** Submits the form of this key; false if there is none. */
export function send(name) {
  const form = document.querySelector(`[data-key-form="${name}"]`);
  form?.requestSubmit();
  return form !== null;
}
