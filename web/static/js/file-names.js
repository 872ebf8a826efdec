// Which files of a chosen folder are uploaded, by the service's own lists of names, and a count of the others.
import { number } from "./numbers.js";

// As `SUFFIXES` in core/datasets/importing/formats/set_files.py, and the tars of WebDataset.
const ANNOTATION = /\.(xml|jsonl?|ndjson|txt|csv|tsv|ya?ml|names|data|cls|parquet|tar|tgz|tar\.(?:gz|bz2|xz))$/i;

/** The entry of a list that a name meets; a `*` at its end stands for any ending. */
function entryOf(name, entries) {
  const low = name.toLowerCase();
  const meets = (entry) => (entry.endsWith("*") ? low.startsWith(entry.slice(0, -1).toLowerCase()) : low === entry.toLowerCase());
  return entries.find(meets);
}

const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The service's rule, as `core/library/files/skipping.py` gives it. */
export class FileNames {
  /** `annotations`: files that may say something about photos are wanted too. */
  constructor(rules, { annotations = false } = {}) {
    this.rules = rules;
    this.annotations = annotations;
  }

  /** Why a folder of this name is not entered; null if it is. */
  skipOfFolder(name) {
    const system = entryOf(name, this.rules.systemFolders);
    if (system) return { reason: "system_folders", system };
    return name.startsWith(".") ? { reason: "hidden" } : null;
  }

  /** Why a file is not uploaded, with the path of the file or of the outermost skipped folder; null if it is. */
  skipOf(path) {
    const [name, ...inner] = path.split("/").reverse();
    const folders = inner.reverse();
    // A person chose the first folder, whatever its name.
    for (let depth = 1; depth < folders.length; depth += 1) {
      const skip = this.skipOfFolder(folders[depth]);
      if (skip) return { ...skip, path: folders.slice(0, depth + 1).join("/") };
    }
    const skip = this.#skipOfFile(name);
    return skip && { ...skip, path };
  }

  #skipOfFile(name) {
    const system = entryOf(name, this.rules.systemFiles);
    if (system) return { reason: "system_files", system };
    if (name.startsWith(".")) return { reason: "hidden" };
    const dot = name.lastIndexOf(".");
    const suffix = dot < 0 ? "" : name.slice(dot).toLowerCase();
    if (dot > 0 && [...this.rules.photos, ...this.rules.zips].includes(suffix)) return null;
    if (this.annotations && ANNOTATION.test(name)) return null;
    return { reason: this.rules.archives.includes(suffix) ? "archives" : "not_photos" };
  }
}

/** Counts by reason; the files of one skipped folder count once. */
export class Skipped {
  constructor() {
    this.paths = new Set();
    this.counts = { not_photos: 0, archives: 0, hidden: 0, system_folders: {}, system_files: {} };
  }

  add({ reason, path, system }) {
    if (this.paths.has(path)) return;
    this.paths.add(path);
    if (system) this.counts[reason][system] = (this.counts[reason][system] ?? 0) + 1;
    else this.counts[reason] += 1;
  }

  /** Such as "17 files (not photos), 2 system folders (@eaDir, #recycle)"; empty if nothing was skipped. */
  get text() {
    const { not_photos: files, archives, hidden, system_folders: folders, system_files: system } = this.counts;
    const part = (count, noun, what) => count && `${number(count)} ${noun}${count === 1 ? "" : "s"} (${what})`;
    const parts = [
      part(files, "file", files === 1 ? "not a photo" : "not photos"),
      part(archives, "archive", "only zip is opened"),
      part(hidden, "hidden name", hidden === 1 ? "begins with a dot" : "begin with a dot"),
      part(sumOf(folders), "system folder", Object.keys(folders).join(", ")),
      part(sumOf(system), "system file", Object.keys(system).join(", ").replace("\r", "")),
    ];
    return parts.filter(Boolean).join(", ");
  }
}
