// Connection to the server: sends actions in order, requests faces, and retries after connection failures.
import { postJson, ServerError } from "../server.js";
import { today } from "./identity.js";
import { leftBehind, Outbox } from "./outbox.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
/** Milliseconds between renewals; leases last 90 s. */
const HEARTBEAT = 20000;

export class Link {
  /**
   * `request` returns what the tab holds and wants: {holding, want, label}. `onAnswer` gets each answer, `onRefused` the
   * items that somebody else has decided, `onState` the connection state: "connected", "lost" or "signed-out".
   */
  constructor(root, holder, { request, onAnswer, onRefused, onState }) {
    this.address = root.dataset.exchange;
    this.leaveAddress = root.dataset.leave;
    this.holder = holder;
    this.request = request;
    this.onAnswer = onAnswer;
    this.onRefused = onRefused;
    this.onState = onState;
    const { account, queue } = root.dataset;
    this.outbox = new Outbox({ account, queue, holder });
    this.orphans = leftBehind({ account, queue, holder });
    this.busy = false;
    this.again = false;
    this.pause = 0;
    addEventListener("online", () => this.send());
    addEventListener("pagehide", () => this.leave());
    setInterval(() => this.#renew(), HEARTBEAT);
    // After a long time in the background, leases may have ended: update at once.
    document.addEventListener("visibilitychange", () => this.#renew());
  }

  #renew() {
    if (!document.hidden) this.send();
  }

  add(action) {
    this.outbox.add(action);
    this.send();
  }

  /** Sends pending actions and requests faces; a call during a request makes one more request after it. */
  async send() {
    if (this.busy) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.busy = true;
    this.again = false;
    try {
      await this.#exchange();
      this.pause = 0;
      this.onState("connected", 0);
    } catch (error) {
      this.#retryLater(error);
      return;
    } finally {
      this.busy = false;
    }
    if (this.again || this.outbox.size) this.send();
  }

  async #exchange() {
    while (this.orphans.length) {
      await this.#post(this.orphans[0], {});
      if (!this.orphans[0].size) this.orphans.shift();
    }
    this.onAnswer(await this.#post(this.outbox, this.request()));
  }

  async #post(outbox, request) {
    const actions = outbox.first();
    try {
      const answer = await postJson(this.address, { holder: outbox.holder, day: today(), actions, ...request });
      const refused = outbox.confirm(answer.answers);
      if (refused.length) this.onRefused(refused);
      return answer;
    } catch (error) {
      if (error instanceof ServerError && error.code === "action_invalid") outbox.dropFirst(actions.length);
      throw error;
    }
  }

  #retryLater(error) {
    const signedOut = error instanceof ServerError && (error.status === 401 || error.code === "csrf_failed");
    this.onState(signedOut ? "signed-out" : "lost", this.outbox.size);
    this.pause = Math.min(Math.max(this.pause * 2, FIRST_PAUSE), LONGEST_PAUSE);
    this.timer = setTimeout(() => this.send(), this.pause);
  }

  /** Returns the items of the tab; unconfirmed actions stay in the browser for the next visit. */
  leave() {
    postJson(this.leaveAddress, { holder: this.holder }).catch(() => {});
  }
}
