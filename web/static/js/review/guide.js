// The labelling guide in a dialog, opened by a button or a key.
const guide = document.getElementById("guide");

export function openGuide() {
  guide.showModal();
  guide.scrollTop = 0;
}

document.getElementById("guide-open").addEventListener("click", openGuide);
