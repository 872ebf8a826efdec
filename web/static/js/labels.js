// Which label a face is shown with: the same rule as core/labels/shown_label.py.

/** Label and confidence at a certainty threshold; null for what is most probably no face. */
export function shownLabel(probabilities, threshold) {
  const [label, confidence] = Object.entries(probabilities).reduce((best, one) => (one[1] > best[1] ? one : best));
  if (label === "not_a_face") return null;
  return { label: confidence < threshold ? "indeterminate" : label, confidence };
}
