// The form that imports a classifier: uploads its file, then submits.
import { size } from "./numbers.js";
import { Upload } from "./upload.js";

const byId = (id) => document.getElementById(id);
const form = byId("import-version");
const bar = byId("sending");
const hint = byId("form-hint");
const start = form.querySelector("button[type=submit]");
let upload = null;

function show(file) {
  return (_sent, bytes, waiting) => {
    bar.value = file.size ? Math.min(bytes / file.size, 1) : 1;
    hint.textContent = waiting ? "Interrupted; trying again …" : `Sent ${size(bytes)} of ${size(file.size)}`;
  };
}

byId("model").addEventListener("change", () => (upload = null));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = byId("model").files;
  start.disabled = true;
  bar.hidden = false;
  upload ??= new Upload(form.dataset.uploads, { files: [{ file, name: file.name }], skipped: { counts: null } }, show(file));
  try {
    form.elements.upload.value = await upload.run(new AbortController().signal);
    form.submit();
  } catch (error) {
    // The next try goes on where this one ended, unless the upload is gone.
    if (["upload_not_found", "upload_expired", "upload_closed"].includes(error.code)) upload = null;
    hint.textContent = `Upload stopped: ${error.message}`;
    start.disabled = false;
  }
});
