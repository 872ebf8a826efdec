// Applies the saved theme before the first paint; not a module, since it runs in the head.
(() => {
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
