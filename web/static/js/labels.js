// Labels of faces: their words, and the one that is shown for a prediction.

export const LABEL_WORDS = { with_mask: "with mask", without_mask: "without mask", incorrect: "incorrect", not_a_face: "not a face" };

/** What a reviewer can answer: a label, or that the picture does not show which one is right. */
export const CHOICE_WORDS = { ...LABEL_WORDS, cannot_tell: "can't tell" };

/**
 * Shown label and confidence at a certainty threshold; null if the face is most probably not a face. The rule of
 * core/labels/shown_label.py, which tests/acceptance/test_shown_label.py compares.
 */
export function shownLabel(probabilities, threshold) {
  const predicted = Object.entries(probabilities).filter(([, value]) => value !== null);
  const [label, confidence] = predicted.reduce((best, one) => (one[1] > best[1] ? one : best));
  if (label === "not_a_face") return null;
  return { label: confidence < threshold ? "indeterminate" : label, confidence };
}
