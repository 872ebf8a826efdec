// Every page: theme button, tabs, copied secrets, times in the reader's time zone, live updates, confirmation dialogs.
import { askBefore } from "./confirm.js";
import { offerCopies } from "./copy.js";
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

// A row of tabs that is wider than the screen is scrolled to the tab of this page.
for (const row of document.querySelectorAll("nav.header__nav, nav.subnav, .chips")) {
  const [place, tab] = [row, row.querySelector("[aria-current]")].map((one) => one?.getBoundingClientRect());
  if (tab) row.scrollLeft += tab.x + tab.width / 2 - (place.x + place.width / 2);
}

askBefore();
offerCopies();
localise(document);
setInterval(() => localise(document), 15000);
keepLive();
