// Asks before a form with `data-confirm` is sent.
export function askBefore() {
  const dialog = document.getElementById("confirm");
  let asked = null;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form === asked) return;
    event.preventDefault();
    asked = form;
    document.getElementById("confirm-text").textContent = form.dataset.confirm;
    document.getElementById("confirm-yes").textContent = form.dataset.yes;
    dialog.returnValue = "no";
    dialog.showModal();
  });

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") asked.submit();
    asked = null;
  });
}
