// Collects dropped or chosen files; the name of each is its folder path.
import { plural } from "./numbers.js";

import { Skipped } from "./file-names.js";

/** Sorts photo-2 before photo-10. */
const byName = new Intl.Collator(undefined, { numeric: true });

/** Children of a dropped folder, which the browser returns a hundred at a time. */
async function childrenOf(entry) {
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return found.sort((one, other) => byName.compare(one.name, other.name));
    found.push(...part);
  }
}

/** Files below an entry. A folder that is skipped is one entry, without its files. */
async function* walk(entry, names, depth = 0) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    yield { file, name };
    return;
  }
  // A person dropped the first folder, whatever its name.
  const skip = depth && names.skipOfFolder(entry.name);
  if (skip) yield { name, skip: { ...skip, path: name } };
  else for (const child of await childrenOf(entry)) yield* walk(child, names, depth + 1);
}

/** Files of a drop; entries must be read before the event ends. */
export async function fromDrop(transfer, names, onFound) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const entry of entries) {
    for await (const one of walk(entry, names)) {
      found.push(one);
      if (found.length % 200 === 0) onFound(found.length);
    }
  }
  return found;
}

/** Chosen files sorted by name, since browsers list a folder in disk order. */
export function fromChooser(input) {
  const named = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  return named.sort((one, other) => byName.compare(one.name, other.name));
}

/** The files to upload: photos and archives, each name once. */
export class Picked {
  /** `names`: a `FileNames`. */
  constructor(names) {
    this.rule = names;
    this.files = [];
    this.skipped = new Skipped();
    this.bytes = 0;
    this.names = new Set();
  }

  /** The default title of the job: its only file, its folder, or the number of files. */
  get title() {
    if (this.files.length === 1) return this.files[0].name;
    const folders = new Set(this.files.map(({ name }) => (name.includes("/") ? name.split("/")[0] : "")));
    const [folder] = folders;
    return folders.size === 1 && folder ? folder : plural(this.files.length, "file");
  }

  add(found) {
    for (const { file, name, skip = this.rule.skipOf(name) } of found) {
      if (skip) {
        this.skipped.add(skip);
        continue;
      }
      const unique = this.#unique(name);
      this.names.add(unique);
      this.files.push({ file, name: unique });
      this.bytes += file.size;
    }
  }

  /** Two files of one name come from two folders: keep both. */
  #unique(name) {
    if (!this.names.has(name)) return name;
    const [, stem, suffix] = /^(.*?)(\.[^./]*)?$/.exec(name);
    let count = 2;
    while (this.names.has(`${stem} (${count})${suffix ?? ""}`)) count += 1;
    return `${stem} (${count})${suffix ?? ""}`;
  }
}
