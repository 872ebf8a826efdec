// Faces in words, for tags, the list and those who listen.

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
}

function percent(share) {
  return `${Math.min(99, Math.round(share * 100))}%`;
}

/** What is known of a face's label. */
export function wordsOf({ label, predicted, confidence }) {
  if (label) return `${capital(label)} ✓`;
  return predicted ? `${capital(predicted)} ${percent(confidence)}` : "No label yet";
}

/** What the list shows of a face to nobody but those who listen. */
export function said({ label, predicted, confidence, box }) {
  const [x, y, right, bottom] = box.map(Math.round);
  const known = label && predicted ? `, predicted ${predicted.replaceAll("_", " ")} ${percent(confidence)}` : "";
  return `${known}, ${right - x} × ${bottom - y} pixels at ${x}, ${y}`;
}
