// Browses the server's folders in a dialog and completes the path while it is typed.
import { getJson } from "./server.js";

const input = document.getElementById("folder");
const list = document.getElementById("folder-list");
const browse = document.getElementById("browse");
const dialog = document.getElementById("folder-dialog");
const entries = document.getElementById("folder-entries");
const note = document.getElementById("folder-note");
const shown = document.getElementById("folder-path");
const up = document.getElementById("folder-up");
let parent = null;

function look(path) {
  return getJson(`${browse.dataset.folders}?path=${encodeURIComponent(path)}`);
}

function entryFor({ path, name }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "folder-list__entry";
  button.append(browse.querySelector(".icon").cloneNode(true), name);
  button.addEventListener("click", () => show(path));
  item.append(button);
  return item;
}

function noteFor({ folders, photos }) {
  const inside = folders.length ? "" : "No folders inside. ";
  return photos === "0" ? inside : `${inside}${photos} ${photos === "1" ? "photo" : "photos"} in this folder itself.`;
}

async function show(path) {
  try {
    const found = await look(path);
    parent = found.parent;
    shown.textContent = found.path || "Allowed folders";
    up.disabled = parent === null;
    document.getElementById("folder-take").disabled = !found.path;
    entries.replaceChildren(...found.folders.map(entryFor));
    note.textContent = noteFor(found);
    entries.querySelector("button")?.focus();
  } catch (error) {
    note.textContent = error.message;
  }
}

async function open() {
  dialog.showModal();
  await show(input.value.trim());
  if (!shown.textContent) await show("");
}

async function complete() {
  const cut = input.value.lastIndexOf("/");
  if (cut < 0) return;
  try {
    const { folders } = await look(input.value.slice(0, cut) || "/");
    list.replaceChildren(...folders.map(({ path }) => new Option(path)));
  } catch {
    // No suggestions for a path that cannot be read; submitting the form says why.
    list.replaceChildren();
  }
}

export function offerFolders() {
  let asked = "";
  browse.addEventListener("click", open);
  up.addEventListener("click", () => show(parent ?? ""));
  document.getElementById("folder-close").addEventListener("click", () => dialog.close());
  document.getElementById("folder-take").addEventListener("click", () => {
    input.value = shown.textContent;
    dialog.close();
    input.focus();
  });
  input.addEventListener("input", () => {
    const folder = input.value.slice(0, input.value.lastIndexOf("/") + 1);
    if (folder !== asked) {
      asked = folder;
      complete();
    }
  });
}
