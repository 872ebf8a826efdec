// The keys of all pages: what a key press is called on any keyboard layout, and what it does.
//
// A binding has the name of what a US keyboard types: "z", "Z" (with Shift), "1", "[", "ArrowLeft", "Ctrl+z" (on a
// Mac also Command). Caps Lock changes nothing.

/** The signs of keys that have none of them on some layouts: without and with Shift. */
const SIGNS = { BracketLeft: "[{", BracketRight: "]}", Minus: "-_", Equal: "=+", Slash: "/?" };
/** Keys that do nothing by themselves, and presses that an input method takes. */
const SILENT = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "Process", "Unidentified"]);
const LATIN = /^\p{Script=Latin}$/u;

/** True once a letter key has typed another script; such layouts have signs of punctuation on letter keys too. */
let isOtherScript = false;

function noteScript({ key, code }) {
  if (!/^Key[A-Z]$/.test(code) || key.length > 2) return;
  if (LATIN.test(key)) isOtherScript = false;
  else if (key > "\x7f") isOtherScript = true;
}

function cased(letter, shift) {
  return shift ? letter.toUpperCase() : letter.toLowerCase();
}

/**
 * The name by the key's place, or null if the character counts: letter keys of Cyrillic, Greek, Hebrew and others;
 * the row of digits, which types "&é" without Shift on French layouts; signs that the layout does not have.
 */
function nameByPlace({ key, code, shiftKey }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return isOtherScript && !LATIN.test(key) ? cased(letter, shiftKey) : null;
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit) return shiftKey ? null : digit;
  const isMissing = key === "Dead" || (key.length === 1 && key > "\x7f");
  return code in SIGNS && isMissing ? SIGNS[code][Number(shiftKey)] : null;
}

function nameByCharacter({ key, shiftKey }) {
  const isLetter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  return isLetter ? cased(key, shiftKey) : key;
}

/** The names under which a press may be bound, best first; none if it belongs to the browser or an input method. */
export function namesOf(event) {
  if (!event.key || event.isComposing || event.keyCode === 229 || SILENT.has(event.key)) return [];
  noteScript(event);
  // AltGr types signs such as "[" on German layouts; Windows reports it as Ctrl and Alt.
  if (event.getModifierState("AltGraph")) return event.key.length === 1 ? [event.key] : [];
  if (event.altKey) return [];
  const names = [nameByPlace(event), nameByCharacter(event)].filter(Boolean);
  return event.ctrlKey || event.metaKey ? names.map((name) => `Ctrl+${name}`) : names;
}

/** Whether the field takes the key: any key where one types, Space and arrows on a checkbox, a choice or a slider. */
function isTaken({ target, key }) {
  if (target.isContentEditable || target.closest?.("select, textarea")) return true;
  const field = target.closest?.("input");
  if (!field) return false;
  return !/^(checkbox|radio|range|button|submit)$/.test(field.type) || key.length > 1 || key === " ";
}

/** False while somebody types, or a dialog is open. */
function isForPage(event) {
  return !event.defaultPrevented && event.key && !isTaken(event) && !document.querySelector("dialog[open]");
}

/** Calls `act(names, event)` for presses in `root`; the browser does nothing with those for which it returns true. */
export function onPress(root, act) {
  root.addEventListener("keydown", (event) => {
    if (!isForPage(event)) return;
    const names = namesOf(event);
    if (names.length && act(names, event)) event.preventDefault();
  });
}

/** `handlers` has a function for each name; one that returns false has done nothing. "?" shows the list of keys. */
export function onKeys(handlers, root = document) {
  const help = document.getElementById("keys");
  const all = help && root === document ? { "?": () => help.showModal(), ...handlers } : handlers;
  if (root === document) document.querySelector("[data-help]")?.addEventListener("click", all["?"]);
  onPress(root, (names, event) => {
    const name = names.find((one) => Object.hasOwn(all, one));
    return name !== undefined && all[name](event) !== false;
  });
}

/** Calls `change(true)` while the key is held, and `change(false)` once it is not; links and buttons keep the key. */
export function onHold(name, change) {
  onPress(document, (names, event) => {
    if (!names.includes(name) || event.target.closest?.("a, button, summary")) return false;
    change(true);
    return true;
  });
  document.addEventListener("keyup", (event) => [event.key, ...namesOf(event)].includes(name) && change(false));
  addEventListener("blur", () => change(false));
}

/** Waits for the next key, also in a dialog; null for Escape and "?", which keep their meaning. */
export function nextKey(signal) {
  return new Promise((resolve) => {
    function take(event) {
      const [name] = namesOf(event);
      if (!name || event.repeat || name === "Tab" || name === "Dead" || name.startsWith("Ctrl+")) return;
      event.preventDefault();
      removeEventListener("keydown", take, true);
      resolve(["Escape", "?"].includes(name) ? null : name);
    }
    addEventListener("keydown", take, { capture: true, signal });
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
