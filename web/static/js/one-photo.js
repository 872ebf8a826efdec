// Accepts one photo by drop, paste or choice, and shows the faces that the server finds.
import { onKeys } from "./keys.js";
import { Result } from "./one-photo-result.js";
import { decimal, number, plural } from "./numbers.js";
import { isReadable } from "./readable.js";
import { ServerError, sendForm } from "./server.js";
import { onTaken } from "./taking.js";

const byId = (id) => document.getElementById(id);
const page = byId("try");
const zone = byId("dropzone");
const certainty = byId("certainty");
let photo = null;
let result = null;
let kept = null;
let running = null;
/** The last file, and how many others were dropped with it. */
let asked = null;

function threshold() {
  return Number(certainty.value) / 100;
}

function say(text) {
  byId("said").textContent = text;
}

/** Shows an error; `file` if it belongs to that file, `again` if a retry may help. */
function complain(error, { file = null, again = false } = {}) {
  byId("failed").hidden = false;
  byId("failed-text").textContent = file ? `${nameOf(file)}: ${error.message}` : error.message;
  byId("failed-code").textContent = error.code ?? "";
  byId("failed-again").hidden = !again;
  byId("sign-in").hidden = error.status !== 401;
}

/** Whether a retry may help. */
function mayPass(error) {
  return error instanceof TypeError || error.status === 429 || error.status >= 500;
}

async function explain(error, file) {
  const gone = error instanceof TypeError && !(await isReadable(file));
  const real = gone ? new Error("The file can no longer be read. Choose it again.") : error;
  complain(real, { file, again: !gone && mayPass(error) });
}

function nameOf(file) {
  return file.name || "Pasted photo";
}

function formOf(file) {
  const form = new FormData();
  form.append("photo", file, file.name || "pasted");
  return form;
}

async function send(file, url) {
  const most = Number(page.dataset.mostBytes);
  if (file.size > most) {
    throw new ServerError("photo_too_large_bytes", `The file has ${plural(file.size, "byte")}; the limit is ${plural(most, "byte")}.`, 413);
  }
  const options = { signal: running.signal, onProgress: (bytes) => (byId("sending-bar").value = bytes / (file.size || 1)) };
  return sendForm(url, formOf(file), options);
}

/** The address of the picture: the file itself, or a JPEG if browsers may not show its format. */
async function pictureOf(file, found) {
  if (found.shows) return URL.createObjectURL(file);
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const options = { method: "POST", body: formOf(file), headers: { "X-CSRF-Token": token }, signal: running.signal };
  const answer = await fetch(page.dataset.picture, options);
  if (!answer.ok) throw new TypeError("The picture of the photo could not be loaded.");
  return URL.createObjectURL(await answer.blob());
}

function show(file, found, address, seconds) {
  const shown = byId("result-template").content.cloneNode(true).firstElementChild;
  byId("shown").replaceChildren(shown);
  shown.querySelector("img").alt = nameOf(file);
  byId("result").hidden = false;
  byId("choose").hidden = true;
  byId("name").textContent = nameOf(file);
  const note = found.note ? `, ${found.note}` : "";
  byId("facts").textContent = `${number(found.width)} × ${number(found.height)} px${note}, looked at in ${decimal(seconds)} s`;
  result = new Result(byId("result"), found, address, { threshold: threshold(), onWrong: openReview });
  say(`${byId("result").querySelector("[data-count]").textContent} found.`);
  shown.focus();
}

function setBusy(name) {
  byId("choose").hidden = Boolean(result) && !name;
  zone.hidden = Boolean(name);
  byId("sending").hidden = !name;
  byId("sending-text").textContent = name ? `Reading ${name} …` : "";
  byId("sending-bar").value = 0;
}

async function look(file, others = 0) {
  running?.abort();
  const own = (running = new AbortController());
  reset();
  asked = { file, others };
  setBusy(nameOf(file));
  const began = performance.now();
  try {
    const found = await send(file, page.dataset.look);
    const seconds = (performance.now() - began) / 1000;
    const address = await pictureOf(file, found);
    photo = file;
    show(file, found, address, seconds);
    if (others) byId("facts").textContent += `; the first of ${number(others + 1)} files, a job reads them all`;
  } catch (error) {
    if (running === own && error.name !== "AbortError") await explain(error, file);
  }
  if (running === own) setBusy("");
}

/** Returns to the empty page. */
function reset() {
  const old = byId("result").querySelector("img")?.src;
  if (old) URL.revokeObjectURL(old);
  photo = result = kept = null;
  byId("shown").replaceChildren();
  byId("result").querySelector(".faces").replaceChildren();
  for (const id of ["result", "failed", "kept"]) byId(id).hidden = true;
  byId("choose").hidden = false;
  byId("keep").disabled = false;
  say("");
}

/** Stores the photo in the library, once. */
async function keep() {
  if (kept) return kept;
  byId("keep").disabled = true;
  byId("failed").hidden = true;
  running = new AbortController();
  try {
    kept = await send(photo, page.dataset.keep);
  } catch (error) {
    byId("keep").disabled = false;
    if (error.name !== "AbortError") complain(error);
    throw error;
  }
  byId("kept").hidden = false;
  byId("kept-link").href = kept.href;
  byId("kept-link").textContent = `photo ${kept.photo}`;
  return kept;
}

async function openReview(face) {
  const kept = await keep().catch(() => null);
  if (kept) location.assign(kept.reviews[face]);
}

onTaken({
  zone,
  input: byId("file"),
  buttons: page.querySelectorAll("[data-choose]"),
  take: ([file, ...others]) => look(file, others.length),
  refuse: (error) => complain(error),
});
byId("failed-again").addEventListener("click", () => look(asked.file, asked.others));
byId("sending-cancel").addEventListener("click", () => running.abort());
byId("away").addEventListener("click", reset);
byId("keep").addEventListener("click", () => keep().catch(() => {}));
certainty.addEventListener("input", () => {
  byId("certainty-value").textContent = `${certainty.value}%`;
  result?.relabel(threshold());
});

const whenShown = (act) => () => (result ? act() : false);
onKeys({
  o: () => byId("file").click(),
  Escape: whenShown(reset),
  b: whenShown(() => result.switchBoxes()),
  n: whenShown(() => result.next()),
  "+": whenShown(() => result.zoom.larger()),
  "=": whenShown(() => result.zoom.larger()),
  "-": whenShown(() => result.zoom.smaller()),
  0: whenShown(() => result.zoom.whole()),
});
