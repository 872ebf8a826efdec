// Key bindings, which people can change; changes are stored in the browser.
const NAME = "maskloop-review-keys";

/** The label of a key. */
export function capOf(key) {
  const caps = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  return caps[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

function normal(key) {
  return key.length === 1 ? key.toLowerCase() : key;
}

export class Keymap {
  /** `defaults` maps names of actions to keys, `words` to descriptions. */
  constructor(defaults, words) {
    this.defaults = defaults;
    this.words = words;
    this.keys = { ...defaults, ...JSON.parse(localStorage.getItem(NAME) ?? "{}") };
  }

  /** The action of a key, or null. */
  find(key) {
    const wanted = normal(key);
    return Object.keys(this.defaults).find((name) => this.keys[name] === wanted) ?? null;
  }

  /** Binds a key to an action; an action that had the key gets the old key in exchange. */
  set(name, key) {
    const wanted = normal(key);
    const other = this.find(wanted);
    if (other && other !== name) this.keys[other] = this.keys[name];
    this.keys[name] = wanted;
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

/** Handles key presses and fills the dialog for changing keys. */
export function listen(keymap, handlers) {
  const dialog = document.getElementById("review-keys");
  const said = document.getElementById("key-said");
  let changing = null;

  function list() {
    const rows = Object.keys(keymap.defaults).map((name) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button", textContent: capOf(keymap.keys[name]) });
      button.setAttribute("aria-label", `${keymap.words[name]}: ${capOf(keymap.keys[name])}, change`);
      button.addEventListener("click", () => {
        changing = name;
        button.textContent = "Press a key";
        said.textContent = `Press the new key for “${keymap.words[name]}”, or Esc to cancel.`;
      });
      row.append(Object.assign(document.createElement("span"), { textContent: keymap.words[name] }), button);
      return row;
    });
    document.getElementById("key-list").replaceChildren(...rows);
    keymap.show();
  }

  function change(event) {
    if (["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
    event.preventDefault();
    if (event.key !== "Escape" && event.key !== "?") keymap.set(changing, event.key);
    changing = null;
    said.textContent = "";
    list();
  }

  document.getElementById("keys-reset").addEventListener("click", () => {
    keymap.reset();
    list();
  });
  document.getElementById("help-open").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (changing) return void change(event);
    if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const name = keymap.find(event.key);
    // Space and Enter press a focused button, except that Enter on a crop decides the page.
    if (event.key === " " && event.target.closest("a, button")) return;
    if (event.key === "Enter" && event.target.closest("a, button:not(.pick)")) return;
    if (event.key === "?") dialog.showModal();
    else if (name && !event.repeat) handlers[name]();
    else return;
    event.preventDefault();
  });
  list();
}
