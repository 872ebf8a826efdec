// Asks what to do with faces that nobody has labelled, before the photo is marked as boxed.
import { number, percent } from "../numbers.js";
import { capital } from "./words.js";

/** Faces that nobody has answered, and that would be exported without a label. */
export function unconfirmed(faces) {
  return faces.filter(({ status, label, cannot_tell: untellable }) => status === "counts" && !label && !untellable);
}

/** Those whose prediction can become their label. */
function predicted(faces) {
  return faces.filter((face) => face.predicted && face.predicted !== "not_a_face");
}

function counted(count, one, many) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** The predictions as text: "3 with mask, 1 without mask, the least certain 54%". */
function summary(faces) {
  const counts = new Map();
  for (const { predicted: label } of faces) counts.set(label, (counts.get(label) ?? 0) + 1);
  const parts = [...counts].map(([label, count]) => `${number(count)} ${label.replaceAll("_", " ")}`);
  const least = Math.min(...faces.map(({ confidence }) => confidence));
  return `${parts.join(", ")}; the least certain ${percent(least)}`;
}

export class UnconfirmedQuestion {
  constructor(dialog) {
    this.dialog = dialog;
  }

  /** Resolves to "accept", "leave" or "cancel"; at once to "leave" if every face has a label. */
  async ask(faces, { blind }) {
    const open = unconfirmed(faces);
    if (!open.length) return "leave";
    this.#write(open, predicted(open), blind);
    this.dialog.returnValue = "cancel";
    this.dialog.showModal();
    this.dialog.querySelector("[value=leave]").focus();
    await new Promise((resolve) => this.dialog.addEventListener("close", resolve, { once: true }));
    return this.dialog.returnValue || "cancel";
  }

  #write(open, ready, blind) {
    const have = counted(open.length, "face has", "faces have");
    const part = (name) => this.dialog.querySelector(`[data-${name}]`);
    // Predictions and other people's labels are hidden here, so there is nothing to accept.
    const question = blind ? `${have} no label of yours.` : `${have} no confirmed label`;
    part("question").textContent = blind ? question : `${question}${ready.length ? ": accept the predictions?" : ", and no prediction."}`;
    const rest = open.length - ready.length;
    part("predictions").hidden = !ready.length;
    part("predictions").textContent = ready.length ? `${capital(summary(ready))}.` : "";
    part("rest").hidden = !ready.length || !rest;
    part("rest").textContent = `${counted(rest, "face has", "faces have")} no prediction and ${rest === 1 ? "stays" : "stay"} unlabelled.`;
    this.dialog.querySelector("[value=accept]").hidden = !ready.length;
  }
}

/** Gives each unconfirmed face its predicted label. */
export function acceptPredictions(editor) {
  for (const face of predicted(unconfirmed(editor.faces))) editor.labelFace(face.ref, face.predicted);
}
