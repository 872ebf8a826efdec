// The line to the server: sends actions in order, asks for faces, tries again after a lost connection.
import { postJson, ServerError } from "../server.js";
import { today } from "./identity.js";
import { leftBehind, Outbox } from "./outbox.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
/** Leases last 90 s; a tab is heard of more often. */
const HEARTBEAT = 20000;

export class Link {
  /**
   * `wish` tells what the tab holds and wants: {holding, want, label}; `onAnswer` takes what came, `onRefused` items
   * that somebody else has decided, `onState` whether the server is reached: "connected", "lost" or "signed-out".
   */
  constructor(root, holder, { wish, onAnswer, onRefused, onState }) {
    this.address = root.dataset.exchange;
    this.leaveAddress = root.dataset.leave;
    this.holder = holder;
    this.wish = wish;
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
    setInterval(() => this.#beHeardOf(), HEARTBEAT);
    // Who was in another tab for long learns at once which faces have gone to somebody else.
    document.addEventListener("visibilitychange", () => this.#beHeardOf());
  }

  #beHeardOf() {
    if (!document.hidden) this.send();
  }

  add(action) {
    this.outbox.add(action);
    this.send();
  }

  /** Sends what is to be sent and asks for what is wanted; calls during a request make one more after it. */
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
      this.#bear(error);
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
    this.onAnswer(await this.#post(this.outbox, this.wish()));
  }

  async #post(outbox, wish) {
    const actions = outbox.first();
    try {
      const answer = await postJson(this.address, { holder: outbox.holder, day: today(), actions, ...wish });
      const refused = outbox.confirm(answer.answers);
      if (refused.length) this.onRefused(refused);
      return answer;
    } catch (error) {
      if (error instanceof ServerError && error.code === "action_invalid") outbox.dropFirst(actions.length);
      throw error;
    }
  }

  #bear(error) {
    const out = error instanceof ServerError && (error.status === 401 || error.code === "csrf_failed");
    this.onState(out ? "signed-out" : "lost", this.outbox.size);
    this.pause = Math.min(Math.max(this.pause * 2, FIRST_PAUSE), LONGEST_PAUSE);
    this.timer = setTimeout(() => this.send(), this.pause);
  }

  /** Gives back what the tab holds; actions that are not confirmed stay in the browser for the next visit. */
  leave() {
    postJson(this.leaveAddress, { holder: this.holder }).catch(() => {});
  }
}
