// One photo by drop, paste or choice; anything else is refused with advice.

/** The files of a drop or paste, or an Error that says why there are none. */
function given(transfer, nothing) {
  const entries = [...(transfer.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries[0]?.isDirectory) throw new Error("That is a folder. To read all its photos, choose New job.");
  if (!transfer.files.length) throw new Error(nothing);
  return transfer.files;
}

/** `take` gets at least one file; `refuse` gets an Error. */
export function onTaken({ zone, input, buttons, take, refuse }) {
  const attempt = (transfer, nothing) => {
    try {
      take(given(transfer, nothing));
    } catch (error) {
      refuse(error);
    }
  };
  addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("dropzone--over");
  });
  addEventListener("dragleave", () => zone.classList.remove("dropzone--over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("dropzone--over");
    attempt(event.dataTransfer, "That is not a file. Copy and paste the picture, or save it and drop the file.");
  });
  addEventListener("paste", (event) => attempt(event.clipboardData, "There is no picture to paste. Copy a picture or a file first."));
  for (const button of buttons) button.addEventListener("click", () => input.click());
  const takeChosen = () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) take(files);
  };
  input.addEventListener("change", takeChosen);
  // A file was chosen before this script ran.
  takeChosen();
}
