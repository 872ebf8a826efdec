// The form of a new job: pick files, upload them, then submit the form.
import { FileNames } from "./file-names.js";
import { offerFolders } from "./folders.js";
import { number, plural, size } from "./numbers.js";
import { Picked, fromChooser, fromDrop } from "./picking.js";
import { Upload } from "./upload.js";

const byId = (id) => document.getElementById(id);
const form = byId("new-job");
const zone = byId("dropzone");
const hint = byId("form-hint");
const start = form.querySelector("button[type=submit]");
const names = new FileNames(JSON.parse(form.dataset.names), { annotations: "annotations" in form.dataset });
let picked = new Picked(names);
let upload = null;
let stop = null;

function showPicked() {
  const { files, bytes, skipped } = picked;
  const one = files.length === 1 ? files[0].name : plural(files.length, "file");
  const sum = files.length ? `${one}, ${size(bytes)}` : "No photos among those files";
  byId("picked").hidden = !files.length && !skipped.text;
  byId("picked-sum").textContent = skipped.text ? `${sum}. Skipped: ${skipped.text}` : sum;
  hint.textContent = "";
}

function add(found) {
  if (stop) return;
  // New files make a new upload.
  upload = null;
  picked.add(found);
  showPicked();
}

function clear() {
  picked = new Picked(names);
  upload = null;
  showPicked();
}

function setBusy(busy) {
  start.disabled = busy;
  for (const id of ["choose-files", "choose-folder", "picked-clear"]) byId(id).disabled = busy;
}

function showProgress(began) {
  return (sent, bytes, waiting) => {
    const done = Math.min(bytes, picked.bytes);
    byId("sending-bar").value = picked.bytes ? done / picked.bytes : 1;
    const rate = done / Math.max((performance.now() - began) / 1000, 0.5);
    const text = `${number(sent)} of ${plural(picked.files.length, "file")}, ${size(done)} of ${size(picked.bytes)}`;
    byId("sending-text").textContent = waiting ? `${text}. Interrupted; trying again …` : `${text}, ${size(rate)}/s`;
  };
}

async function send() {
  stop = new AbortController();
  setBusy(true);
  byId("sending").hidden = false;
  byId("sending-retry").hidden = true;
  byId("sending-said").textContent = "Uploading files.";
  upload ??= new Upload(form.dataset.uploads, picked, showProgress(performance.now()));
  try {
    form.elements.upload.value = await upload.run(stop.signal);
    byId("sending-said").textContent = "All files are uploaded.";
    form.elements.title.value ||= picked.title;
    form.submit();
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  stop = null;
  setBusy(false);
  // It cannot go on: the next try begins another one.
  if (["upload_not_found", "upload_expired", "upload_closed"].includes(error.code)) upload = null;
  const cancelled = error.name === "AbortError";
  byId("sending").hidden = cancelled;
  byId("sending-retry").hidden = cancelled;
  const text = cancelled ? "Cancelled. Start again to upload the rest." : `Upload stopped: ${error.message}`;
  byId("sending-text").textContent = byId("sending-said").textContent = text;
  if (cancelled) hint.textContent = text;
}

zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("dropzone--over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("dropzone--over"));
zone.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("dropzone--over");
  byId("picked").hidden = false;
  const counting = (count) => (byId("picked-sum").textContent = `Reading folders: ${plural(count, "file")} …`);
  add(await fromDrop(event.dataTransfer, names, counting));
});
// A file dropped outside the zone must not replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

for (const [button, input] of [["choose-files", "files"], ["choose-folder", "folder-files"]]) {
  byId(button).addEventListener("click", () => byId(input).click());
  byId(input).addEventListener("change", () => {
    add(fromChooser(byId(input)));
    byId(input).value = "";
  });
}
byId("picked-clear").addEventListener("click", clear);
byId("sending-cancel").addEventListener("click", () => (stop ? stop.abort() : (byId("sending").hidden = true)));
byId("sending-retry").addEventListener("click", send);

form.addEventListener("submit", (event) => {
  if (form.elements.source.value !== "upload") return;
  event.preventDefault();
  if (picked.files.length) send();
  else hint.textContent = "Drop or choose some photos first.";
});

// An invalid field may be in closed details, where the browser cannot show it.
form.addEventListener("invalid", (event) => event.target.closest("details")?.setAttribute("open", ""), true);

offerFolders();
