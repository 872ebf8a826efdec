// Buttons that copy the text of another element.

async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Over plain HTTP browsers have no clipboard for pages; the selection can be copied.
  throw new Error("no clipboard");
}

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const said = document.getElementById(`${button.dataset.copies}-said`);
  button.addEventListener("click", async () => {
    try {
      await copy(source.textContent);
      said.textContent = "Copied.";
    } catch {
      select(source);
      said.textContent = "Selected: copy it with Ctrl+C.";
    }
  });
}
