// The display of the camera page: boxes over the video, counts, rates and messages.
import { Boxes } from "./boxes.js";
import { boxElement } from "./drawing.js";
import { decimal, number } from "./numbers.js";

const byId = (id) => document.getElementById(id);
/** Frames over which rate and delay are averaged. */
const RECENT = 30;

export class CameraView {
  constructor() {
    this.stage = byId("stage");
    this.svg = byId("faces");
    this.base = {};
    this.counts = {};
    this.recent = [];
  }

  draw(answer, delay) {
    const { width, height, faces, cameras } = answer;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    // In the same order each time, so that the same boxes keep their words.
    this.svg.replaceChildren(...faces.toSorted((one, other) => one.track - other.track).map(boxElement));
    const { clientWidth, clientHeight } = this.stage;
    new Boxes(this.svg).fit(Math.min(clientWidth / width, clientHeight / height));
    this.#count(answer.counts);
    this.#figures(delay, cameras);
  }

  clear() {
    this.svg.replaceChildren();
    this.recent = [];
    byId("figures").textContent = "";
  }

  /** Counts of closed connections stay in the totals. */
  keepCounts() {
    this.base = this.#sum(this.counts);
    this.counts = {};
  }

  resetCounts() {
    this.base = {};
    this.#count({});
  }

  /** Shows a message in place of the picture, with a button. */
  message(text, { button = "Start the camera", quiet = false } = {}) {
    byId("message").hidden = false;
    byId("message").classList.toggle("camera__message--bad", !quiet);
    byId("message-text").textContent = text;
    byId("start").textContent = button;
    byId("start").hidden = !button;
    byId("running").hidden = true;
    this.clear();
  }

  running() {
    byId("message").hidden = true;
    byId("running").hidden = false;
  }

  /** Shows a warning above the running picture. */
  warn(text, { again = false, href = "" } = {}) {
    byId("warning").hidden = !text;
    byId("warning-text").textContent = text;
    byId("again").hidden = !again;
    byId("sign-in").hidden = !href;
  }

  #sum(counts) {
    const labels = new Set([...Object.keys(this.base), ...Object.keys(counts)]);
    return Object.fromEntries([...labels].map((label) => [label, (this.base[label] ?? 0) + (counts[label] ?? 0)]));
  }

  #count(counts) {
    this.counts = counts;
    const sums = this.#sum(counts);
    for (const cell of document.querySelectorAll("[data-label]")) cell.textContent = number(sums[cell.dataset.label] ?? 0);
  }

  #figures(delay, cameras) {
    this.recent.push({ at: performance.now(), delay });
    if (this.recent.length > RECENT) this.recent.shift();
    if (this.recent.length < 3) return;
    const span = (this.recent.at(-1).at - this.recent[0].at) / 1000;
    const rate = (this.recent.length - 1) / span;
    const delays = this.recent.map((one) => one.delay).sort((one, other) => one - other);
    const middle = delays[Math.floor(delays.length / 2)];
    const others = cameras > 1 ? `, ${cameras} cameras share the server` : "";
    byId("figures").textContent = `${decimal(rate)} frames/s, ${number(middle)} ms behind${others}`;
    Object.assign(byId("figures").dataset, { rate, delay: Math.round(middle), worst: Math.round(delays.at(-1)) });
  }
}
