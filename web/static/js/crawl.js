// The crawl's form: more rows for phrases.
const list = document.getElementById("phrases");
const button = document.getElementById("add-phrase");

button.hidden = false;
button.addEventListener("click", () => {
  const row = list.lastElementChild.cloneNode(true);
  const input = row.querySelector("input");
  input.value = "";
  input.placeholder = "";
  list.append(row);
  input.focus();
});
