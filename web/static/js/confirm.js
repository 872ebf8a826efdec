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

  /** Sends the form that was asked about, also if an update of the page has taken it away; the server then says why. */
  function send(form) {
    if (!form.isConnected) {
      form.hidden = true;
      document.body.append(form);
    }
    form.submit();
  }

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") send(asked);
    asked = null;
  });
}
