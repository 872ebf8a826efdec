// Descriptions of faces for tags, the list and screen readers.
import { percent } from "../numbers.js";

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
}

/** The mark of a face: its label, that nobody can tell, or its prediction. */
export function markOf({ label, cannot_tell: untellable, predicted }) {
  return label ?? (untellable ? "cannot_tell" : predicted) ?? "not_labelled";
}

/** The decided label with a check mark, else the predicted one. */
export function labelText({ label, cannot_tell: untellable, predicted, confidence }) {
  if (untellable) return "Can't tell ✓";
  if (label) return `${capital(label)} ✓`;
  return predicted ? `${capital(predicted)} ${percent(confidence)}` : "Not labelled yet";
}

/** Additional text of a list entry for screen readers. */
export function describe({ label, predicted, confidence, box }) {
  const [x, y, right, bottom] = box.map(Math.round);
  const known = label && predicted ? `, predicted ${predicted.replaceAll("_", " ")} ${percent(confidence)}` : "";
  return `${known}, ${right - x} × ${bottom - y} pixels at ${x}, ${y}`;
}
