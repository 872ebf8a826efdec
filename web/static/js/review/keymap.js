// Key bindings, which people can change; changes are stored in the browser.
import { nextKey, onPress } from "../keys.js";

const NAME = "maskloop-review-keys";

/** The label of a key. */
export function capOf(key) {
  const caps = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  if (key.length > 1 || key in caps) return caps[key] ?? key;
  return key === key.toLowerCase() ? key.toUpperCase() : `Shift ${key}`;
}

export class Keymap {
  /** `defaults` maps names of actions to keys, `words` to descriptions. */
  constructor(defaults, words) {
    this.defaults = defaults;
    this.words = words;
    this.keys = { ...defaults, ...JSON.parse(localStorage.getItem(NAME) ?? "{}") };
  }

  /** The action of the first of these keys that has one, or null. */
  find(...keys) {
    const actions = keys.map((key) => Object.keys(this.defaults).find((name) => this.keys[name] === key));
    return actions.find(Boolean) ?? null;
  }

  /** Binds a key to an action; an action that had the key gets the old key in exchange. */
  set(name, key) {
    const other = this.find(key);
    if (other && other !== name) this.keys[other] = this.keys[name];
    this.keys[name] = key;
    this.#save();
  }

  reset() {
    Object.assign(this.keys, this.defaults);
    this.#save();
  }

  /** Updates the keys shown on the page. */
  show(root = document) {
    for (const cap of root.querySelectorAll("kbd[data-key]")) {
      cap.textContent = capOf(this.keys[cap.dataset.key] ?? "");
    }
  }

  #save() {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    for (const name of Object.keys(this.defaults)) kept[name] = this.keys[name];
    localStorage.setItem(NAME, JSON.stringify(kept));
  }
}

/** Whether the focused element does something with the key itself; Enter on a crop decides the page. */
function keeps(element, key) {
  if (key === " ") return element.closest?.("a, button") != null;
  return key === "Enter" && element.closest?.("a, button:not(.pick)") != null;
}

function rowOf(text, button) {
  const row = document.createElement("li");
  row.append(Object.assign(document.createElement("span"), { textContent: text }), button);
  return row;
}

/** Fills the dialog for changing keys. */
function listKeys(keymap) {
  const dialog = document.getElementById("review-keys");
  const said = document.getElementById("key-said");
  const buttons = Object.keys(keymap.defaults).map((name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button" });
    button.addEventListener("click", () => change(name, button));
    return [name, button];
  });
  let asking = new AbortController();

  /** Shows the keys as they are, and asks for none. */
  function show() {
    asking.abort();
    asking = new AbortController();
    said.textContent = "";
    for (const [name, button] of buttons) {
      const cap = capOf(keymap.keys[name]);
      button.textContent = cap;
      button.setAttribute("aria-label", `${keymap.words[name]}: ${cap}, change`);
    }
    keymap.show();
  }

  async function change(name, button) {
    show();
    button.textContent = "Press a key";
    said.textContent = `Press the new key for “${keymap.words[name]}”, or Esc to cancel.`;
    const key = await nextKey(asking.signal);
    if (key) keymap.set(name, key);
    show();
  }

  document.getElementById("key-list").replaceChildren(...buttons.map(([name, button]) => rowOf(keymap.words[name], button)));
  document.getElementById("keys-reset").addEventListener("click", () => {
    keymap.reset();
    show();
  });
  dialog.addEventListener("close", show);
  document.getElementById("help-open").addEventListener("click", () => dialog.showModal());
  show();
}

/** Handles key presses and fills the dialog for changing keys. */
export function listen(keymap, handlers) {
  listKeys(keymap);
  onPress(document, (names, event) => {
    if (names.includes("?")) return document.getElementById("review-keys").showModal() ?? true;
    const name = keymap.find(...names);
    if (!name || event.repeat || names.some((key) => keeps(event.target, key))) return false;
    handlers[name]();
    return true;
  });
}
