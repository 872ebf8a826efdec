// The status line: faces per hour over the latest decisions (long pauses are cut), counters, connection state.
import { number, plural } from "../numbers.js";

const LATEST = 40;
const LONGEST_GAP = 30000;

export class Rate {
  constructor() {
    this.steps = [];
    this.last = performance.now();
  }

  note(faces = 1) {
    const now = performance.now();
    this.steps.push({ faces, milliseconds: Math.min(now - this.last, LONGEST_GAP * faces) });
    this.steps.splice(0, this.steps.length - LATEST);
    this.last = now;
  }

  /** null for the first decisions. */
  get perHour() {
    const faces = this.steps.reduce((sum, step) => sum + step.faces, 0);
    const milliseconds = this.steps.reduce((sum, step) => sum + step.milliseconds, 0);
    return faces < 3 ? null : Math.round((faces * 3600000) / Math.max(milliseconds, 1));
  }
}

/** Updates the status line; unconfirmed decisions are included. */
export function showLine({ rate, today, remaining }) {
  const texts = { rate: rate.perHour, today, remaining };
  for (const [id, value] of Object.entries(texts)) {
    document.getElementById(id).textContent = value === null ? "–" : number(Math.max(0, value));
  }
}

/** Shows a lost connection, and how many decisions wait in the browser. */
export function showState(state, waiting) {
  const notice = document.getElementById("offline");
  notice.hidden = state === "connected";
  if (state === "connected") return;
  const kept = `${plural(waiting, "decision")} ${waiting === 1 ? "is" : "are"}`;
  const what = waiting ? ` ${kept} kept in this browser and sent when the connection is back.` : "";
  const signIn = document.createElement("a");
  Object.assign(signIn, { href: location.href, textContent: "Sign in again." });
  if (state === "lost") notice.replaceChildren(`The server does not respond.${what}`);
  else notice.replaceChildren(`You were signed out.${what} `, signIn);
}
