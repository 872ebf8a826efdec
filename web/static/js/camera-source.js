// The browser's camera: request it, show it, capture small JPEG frames, and notice its loss.
const LONGEST_SIDE = 640;
const FRAME_QUALITY = 0.8;
const SNAPSHOT_QUALITY = 0.92;

const MESSAGES = {
  NotAllowedError: "The browser may not use the camera. Allow it for this page, at the camera sign beside the address or in the browser's settings, then try again.",
  NotFoundError: "No camera was found. Plug one in and try again.",
  NotReadableError: "The camera cannot be used: another program may be using it. Close that program and try again.",
  OverconstrainedError: "That camera is no longer connected. Try again with another one.",
};

export class CameraError extends Error {}

function jpeg(canvas, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new CameraError("The frame could not be captured."))), "image/jpeg", quality);
  });
}

/** Stops every stream, so that the camera's light goes out. */
function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export class CameraSource {
  constructor(video, { onLost }) {
    this.video = video;
    this.onLost = onLost;
    this.stream = null;
    /** Number of the current start; a further start or a stop invalidates it. */
    this.attempt = null;
    this.canvas = document.createElement("canvas");
  }

  get isOn() {
    return this.stream !== null;
  }

  get isStarting() {
    return this.attempt !== null && !this.isOn;
  }

  /** Turns the camera on; false if it was stopped meanwhile. Rejects with CameraError, whose message says what to do. */
  async start(deviceId) {
    this.stop();
    const attempt = (this.attempt = Symbol("start"));
    try {
      return await this.#start(deviceId, () => this.attempt === attempt);
    } catch (error) {
      if (this.attempt !== attempt) return false;
      this.stop();
      throw error;
    }
  }

  async #start(deviceId, isWanted) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new CameraError("Browsers allow the camera only on pages over HTTPS or on this machine.");
    }
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false }).catch((error) => {
      throw new CameraError(MESSAGES[error.name] ?? `The camera cannot be used: ${error.message}`);
    });
    if (!isWanted()) {
      end(stream);
      return false;
    }
    this.stream = stream;
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stream === stream && this.#lost());
    this.video.srcObject = stream;
    await this.video.play();
    return isWanted();
  }

  stop() {
    this.attempt = null;
    end(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /** Available cameras; their names are known once one was allowed. */
  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.filter(({ kind }) => kind === "videoinput");
  }

  get deviceId() {
    return this.stream?.getVideoTracks()[0].getSettings().deviceId;
  }

  /** The current frame, in the size that the live process accepts. */
  async frame() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    return this.#draw(Math.round(videoWidth * scale), Math.round(videoHeight * scale), FRAME_QUALITY, this.canvas);
  }

  /** The current frame at full size. */
  async snapshot() {
    const { videoWidth, videoHeight } = this.video;
    return this.#draw(videoWidth, videoHeight, SNAPSHOT_QUALITY, document.createElement("canvas"));
  }

  #draw(width, height, quality, canvas) {
    if (!width) throw new CameraError("The camera has no picture yet.");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d", { alpha: false }).drawImage(this.video, 0, 0, width, height);
    return jpeg(canvas, quality);
  }

  #lost() {
    this.stop();
    this.onLost();
  }
}
