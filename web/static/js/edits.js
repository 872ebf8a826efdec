// Sends edits one after the other and keeps them in the browser until the server has them: a lost connection or a
// page that is left loses none, and the key of each sees to it that none is done twice.
import { getJson, postJson, ServerError } from "./server.js";

/** Each person's own: nobody sends what another left behind in the same browser. */
const PREFIX = `edits:${document.querySelector('meta[name="account"]').content}:`;
const PAUSES = [500, 1000, 2000, 4000, 8000];
/** Answers that a later try may turn into better ones. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
/** The reader must sign in, or reload the page, before a decision is accepted. */
const BARRED = new Set(["sign_in_needed", "csrf_failed"]);

/** A random UUID; the browser's own function is missing on addresses without TLS. */
export function newKey() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function isPassing(error) {
  return !(error instanceof ServerError) || PASSING.has(error.status);
}

export class Edits {
  /**
   * `onState` gets what the server answers and the edits it has not seen yet; `onRefused` an edit that was not done
   * and why; `onStatus` one of "saved", "saving", "offline", "barred" and how many edits wait.
   */
  constructor(url, { stateUrl, onState, onRefused, onStatus }) {
    Object.assign(this, { url, stateUrl, onState, onRefused, onStatus });
    this.place = `${PREFIX}${url}#${newKey()}`;
    this.waiting = [];
    this.failures = 0;
    this.busy = false;
    addEventListener("online", () => this.#now());
  }

  /** Takes over what an earlier visit could not send; call it once the page is drawn. */
  adopt() {
    for (const place of Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${this.url}#`))) {
      this.waiting.push(...JSON.parse(localStorage.getItem(place)));
      localStorage.removeItem(place);
    }
    this.#keep();
    this.#now();
    return this.waiting;
  }

  /** `edit.sent` is what the server gets; the rest is the page's own. */
  add(edit) {
    this.waiting.push(edit);
    this.#keep();
    this.#now();
  }

  /** Says that something is about to be added. */
  announce() {
    if (!this.failures) this.#say("saving");
  }

  #keep() {
    if (this.waiting.length) localStorage.setItem(this.place, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.place);
  }

  #say(status) {
    this.onStatus(status, this.waiting.length);
  }

  #now() {
    clearTimeout(this.timer);
    if (!this.busy && this.waiting.length) this.#send();
  }

  async #send() {
    this.busy = true;
    this.announce();
    const [edit] = this.waiting;
    try {
      const state = await postJson(this.url, edit.sent);
      this.#passed();
      this.onState(state, this.waiting);
    } catch (error) {
      if (BARRED.has(error.code)) return this.#stop();
      if (isPassing(error)) return this.#later();
      this.#passed();
      this.onRefused(edit, error);
      await this.#look();
    }
    this.busy = false;
    if (this.waiting.length) this.#send();
    else this.#say("saved");
  }

  #passed() {
    this.failures = 0;
    this.waiting.shift();
    this.#keep();
  }

  /** After a refusal the page shows how things stand. */
  async #look() {
    try {
      this.onState(await getJson(this.stateUrl), this.waiting);
    } catch {
      // The next answer says it.
    }
  }

  #later() {
    this.busy = false;
    this.#say("offline");
    this.timer = setTimeout(() => this.#send(), PAUSES[Math.min(this.failures, PAUSES.length - 1)]);
    this.failures += 1;
  }

  #stop() {
    this.busy = false;
    this.#say("barred");
  }
}

/** Sends what pages that are no longer open could not send, without looking at the answers. */
export async function sendLeftovers(except) {
  for (const place of Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) {
    const url = place.slice(PREFIX.length, place.indexOf("#"));
    if (url === except) continue;
    const waiting = JSON.parse(localStorage.getItem(place));
    while (waiting.length) {
      try {
        await postJson(url, waiting[0].sent);
      } catch (error) {
        if (isPassing(error) || BARRED.has(error.code)) return;
      }
      waiting.shift();
      localStorage.setItem(place, JSON.stringify(waiting));
    }
    localStorage.removeItem(place);
  }
}
