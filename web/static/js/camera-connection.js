// Sends frames to the live process over one connection, each at its turn, so that none queues.
import { getJson } from "./server.js";

const LONGEST_WAIT = 8000;
/** A connection without an answer for this long counts as dead. */
const SILENCE = 5000;

export class CameraConnection {
  /** `frame` gives a JPEG blob; `onAnswer` gets answer and delay in ms; `onCut` nothing, at once when it is cut;
   * `onAway` an error and the wait in ms, when it is known why. */
  constructor({ connection, state }, { frame, onAnswer, onRefused, onHere, onCut, onAway }) {
    Object.assign(this, { connection, state, frame, onAnswer, onRefused, onHere, onCut, onAway });
    this.socket = null;
    this.wanted = false;
    this.failures = 0;
    this.number = 0;
    this.taken = new Map();
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  open() {
    this.wanted = true;
    clearTimeout(this.retry);
    this.#drop();
    const address = new URL(this.connection, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(address));
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", ({ data }) => this.socket === socket && this.#answered(JSON.parse(data)));
    socket.addEventListener("close", () => this.socket === socket && this.#closed());
  }

  close() {
    this.wanted = false;
    this.#drop();
    clearTimeout(this.retry);
  }

  /** Resets the counts. */
  reset() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send("reset");
  }

  /** Drops the connection without waiting for the closing handshake. */
  #drop() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.next);
    clearTimeout(this.watch);
    socket?.close();
  }

  #opened() {
    this.failures = 0;
    this.taken.clear();
    this.onHere();
    this.#send();
  }

  async #send() {
    const { socket } = this;
    // A hidden tab sends nothing.
    if (document.hidden || socket?.readyState !== WebSocket.OPEN || this.taken.size) return;
    const number = (this.number = (this.number + 1) % 2 ** 32);
    this.taken.set(number, performance.now());
    try {
      const jpeg = await this.frame();
      if (this.socket !== socket) return;
      const head = new DataView(new ArrayBuffer(4));
      head.setUint32(0, number);
      socket.send(new Blob([head, jpeg]));
      clearTimeout(this.watch);
      this.watch = setTimeout(() => this.#silent(), SILENCE);
    } catch {
      // The camera has no picture at the moment.
      this.taken.delete(number);
      this.next = setTimeout(() => this.#send(), 200);
    }
  }

  #answered(answer) {
    const now = performance.now();
    const delay = now - (this.taken.get(answer.frame) ?? now);
    this.taken.clear();
    clearTimeout(this.watch);
    if (answer.error) this.onRefused(answer.error);
    else this.onAnswer(answer, delay);
    clearTimeout(this.next);
    this.next = setTimeout(() => this.#send(), answer.pause * 1000);
  }

  #turn() {
    if (!document.hidden && this.wanted) this.#send();
  }

  #silent() {
    this.#drop();
    this.#closed();
  }

  async #closed() {
    this.#drop();
    if (!this.wanted) return;
    this.onCut();
    const wait = Math.min(1000 * 2 ** this.failures, LONGEST_WAIT);
    this.failures += 1;
    this.retry = setTimeout(() => this.open(), wait);
    // Scripts do not learn why a WebSocket failed, so ask by an ordinary request.
    const error = await getJson(this.state, { cache: "no-store" }).then(() => null, (reason) => reason);
    if (this.wanted && this.socket?.readyState !== WebSocket.OPEN) this.onAway(error, wait);
  }
}
