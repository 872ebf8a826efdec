// The camera page: connects source, connection and view; snapshots and sound.
import { CameraConnection } from "./camera-connection.js";
import { CameraSource } from "./camera-source.js";
import { CameraView } from "./camera-view.js";
import { html } from "./drawing.js";
import { onKeys } from "./keys.js";
import { sendForm } from "./server.js";
import { Sound } from "./sound.js";

const byId = (id) => document.getElementById(id);
const page = byId("camera");
const view = new CameraView();
const sound = new Sound();
const source = new CameraSource(byId("video"), { onLost: lost });
const connection = new CameraConnection(page.dataset, {
  frame: () => source.frame(),
  onAnswer: answered,
  onRefused: refused,
  onHere: () => view.warn(""),
  onCut: cut,
  onAway: away,
});
/** Faces without mask for which the tone was played. */
const warned = new Set();

async function start(deviceId) {
  end();
  view.message("Allow the camera in the browser's prompt.", { button: "", quiet: true });
  try {
    if (!(await source.start(deviceId))) return;
  } catch (error) {
    view.message(error.message, { button: "Try again" });
    return;
  }
  view.running();
  connection.open();
  await listDevices();
}

function stop() {
  end();
  view.message("The camera is off.", { quiet: true });
}

function end() {
  connection.close();
  source.stop();
  cut();
  view.warn("");
}

/** Keeps the counts of a closed connection. */
function cut() {
  view.clear();
  view.keepCounts();
  warned.clear();
}

function lost() {
  end();
  view.message("The camera was unplugged or is used by another program.", { button: "Start again" });
}

function away(error, wait) {
  if (error?.code === "sign_in_needed") {
    connection.close();
    view.warn("You were signed out.", { href: true });
    return;
  }
  const why = !error || error instanceof TypeError ? "The server does not respond." : error.message;
  view.warn(`${why} Trying again in ${Math.round(wait / 1000)} s.`, { again: true });
}

/** Boxes of an earlier frame would show where nobody is any more. */
function refused({ message }) {
  view.clear();
  view.warn(message);
}

function answered(answer, delay) {
  view.warn("");
  view.draw(answer, delay);
  const bare = answer.faces.filter(({ label, track }) => label === "without_mask" && !warned.has(track));
  for (const { track } of bare) warned.add(track);
  if (bare.length) sound.play();
}

async function listDevices() {
  const devices = await source.devices();
  const options = devices.map(({ deviceId, label }, at) => new Option(label || `Camera ${at + 1}`, deviceId));
  byId("device").replaceChildren(...options);
  byId("device").value = source.deviceId;
  byId("device-field").hidden = devices.length < 2;
}

async function keepSnapshot() {
  if (!source.isOn || byId("snapshot").disabled) return false;
  byId("snapshot").disabled = true;
  const said = byId("snapshot-said");
  said.textContent = "Saving the frame …";
  const form = new FormData();
  try {
    form.append("photo", await source.snapshot(), "camera.jpg");
    const kept = await sendForm(page.dataset.snapshots, form, { signal: new AbortController().signal, onProgress: () => {} });
    const link = html("a", "", `photo ${kept.photo}`);
    link.href = kept.href;
    said.replaceChildren("Kept in the library as ", link, ".");
  } catch (error) {
    said.textContent = `Not kept: ${error.message}`;
  }
  byId("snapshot").disabled = false;
  return true;
}

async function switchSound() {
  byId("sound").setAttribute("aria-pressed", String(await sound.toggle()));
}

function resetCounts() {
  connection.reset();
  view.resetCounts();
  warned.clear();
}

const startOrStop = () => (source.isOn || source.isStarting ? stop() : start());
byId("start").addEventListener("click", () => start());
byId("stop").addEventListener("click", stop);
byId("again").addEventListener("click", () => connection.open());
byId("device").addEventListener("change", () => start(byId("device").value));
byId("snapshot").addEventListener("click", keepSnapshot);
byId("sound").addEventListener("click", switchSound);
byId("reset").addEventListener("click", resetCounts);
addEventListener("pagehide", () => (source.isOn || source.isStarting) && stop());

onKeys({ c: startOrStop, s: keepSnapshot, t: switchSound, r: resetCounts });
