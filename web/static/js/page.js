// Every page: theme button, times in the reader's time zone, live updates, confirmation dialogs.
import { askBefore } from "./confirm.js";
import { keepLive } from "./live.js";
import { localise } from "./times.js";

function shownTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  return document.documentElement.dataset.theme ?? dark;
}

document.querySelector("[data-theme-toggle]")?.addEventListener("click", () => {
  const theme = shownTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// The page of a sign-in link: a browser submits the form, a link preview does not.
document.querySelector("form[data-submit-now]")?.requestSubmit();

askBefore();
localise(document);
setInterval(() => localise(document), 15000);
keepLive();
