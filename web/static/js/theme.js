// Applies the kept theme before the first paint; runs in the head, so it is no module.
(() => {
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
