// The link back to the library: to the page of the grid that showed this photo, else to one around it.
const link = document.querySelector("[data-grid-of]");
const place = JSON.parse(sessionStorage.getItem("library place") ?? "null");
const id = `photo-${link.dataset.gridOf}`;
if (place?.ids.includes(id)) link.href = `${place.url}#${id}`;
