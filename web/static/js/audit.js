// The form that asks for an audit: what another number of faces gives, while it is typed.

import { getJson } from "./server.js";

let asked = 0;

async function promise(field) {
  const form = field.form;
  const shown = form.querySelector("output");
  const turn = ++asked;
  if (!field.value) {
    shown.textContent = "";
    return;
  }
  const answer = await getJson(`${form.dataset.plan}?faces=${encodeURIComponent(field.value)}`);
  if (turn === asked) shown.textContent = answer.words;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("#audit-form [name=other]")) promise(event.target).catch(() => {});
});
