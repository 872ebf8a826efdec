// Faces an hour over the latest decisions; who went for coffee is not slow.
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

  /** null until there is something to say. */
  get anHour() {
    const faces = this.steps.reduce((sum, step) => sum + step.faces, 0);
    const milliseconds = this.steps.reduce((sum, step) => sum + step.milliseconds, 0);
    return faces < 3 ? null : Math.round((faces * 3600000) / Math.max(milliseconds, 1));
  }
}

const number = new Intl.NumberFormat("en");

/** The running line; decisions that are under way to the server count already. */
export function showLine({ rate, today, remaining }) {
  const texts = { rate: rate.anHour, today, remaining };
  for (const [id, value] of Object.entries(texts)) {
    document.getElementById(id).textContent = value === null ? "–" : number.format(Math.max(0, value));
  }
}

/** Says when the server is not reached, and how many decisions wait in the browser. */
export function showState(state, waiting) {
  const notice = document.getElementById("offline");
  notice.hidden = state === "connected";
  if (state === "connected") return;
  const kept = waiting === 1 ? "1 decision is" : `${waiting} decisions are`;
  const what = waiting ? ` ${kept} kept in this browser and sent as soon as it is back.` : "";
  const signIn = document.createElement("a");
  Object.assign(signIn, { href: location.href, textContent: "Sign in again." });
  if (state === "lost") notice.replaceChildren(`The server does not answer.${what}`);
  else notice.replaceChildren(`You were signed out.${what} `, signIn);
}
