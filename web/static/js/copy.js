// Buttons that copy the text of another element, or the value of a field.

async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Over plain HTTP browsers have no clipboard for pages; the selection can be copied.
  throw new Error("no clipboard");
}

function select(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
}

export function offerCopies() {
  document.addEventListener("click", async ({ target }) => {
    const id = target.closest("[data-copies]")?.dataset.copies;
    if (!id) return;
    const source = document.getElementById(id);
    const said = document.getElementById(`${id}-said`);
    try {
      await copy(source.value ?? source.textContent);
      said.textContent = "Copied.";
    } catch {
      select(source);
      said.textContent = "Selected: copy it with Ctrl+C.";
    }
  });
}
