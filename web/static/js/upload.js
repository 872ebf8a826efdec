// Uploads files, a few per request, and continues after a failed request.
import { ServerError, postJson, sendForm } from "./server.js";

const FILES_A_REQUEST = 25;
const BYTES_A_REQUEST = 24 * 2 ** 20;
const TRIES = 4;

/** Whether a retry may help. */
function mayPass(error) {
  return error instanceof TypeError || (error instanceof ServerError && (error.status >= 502 || error.status === 429));
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("Cancelled.", "AbortError"));
    });
  });
}

export class Upload {
  /** `picked`: the files to send, and counts of what is skipped. */
  constructor(url, { files, skipped }, onProgress) {
    this.url = url;
    this.files = files;
    this.skipped = skipped.counts;
    this.onProgress = onProgress;
    this.sent = 0;
    this.sentBytes = 0;
    this.refused = [];
    this.token = "";
    this.interrupted = false;
  }

  /** Uploads the remaining files; can be called again after an error. Resolves to the upload's token. */
  async run(signal) {
    this.token ||= (await postJson(this.url, { skipped: this.skipped })).token;
    while (this.sent < this.files.length) {
      const slice = this.#nextSlice();
      await this.#sendWithTries(slice, signal);
      this.sent += slice.length;
      this.sentBytes += slice.reduce((sum, { file }) => sum + file.size, 0);
      this.onProgress(this.sent, this.sentBytes);
    }
    return this.token;
  }

  #nextSlice() {
    const slice = [];
    let bytes = 0;
    for (const one of this.files.slice(this.sent, this.sent + FILES_A_REQUEST)) {
      if (slice.length && bytes + one.file.size > BYTES_A_REQUEST) break;
      slice.push(one);
      bytes += one.file.size;
    }
    return slice;
  }

  async #sendWithTries(slice, signal) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { refused } = await this.#send(slice, signal);
        this.refused.push(...refused);
        this.interrupted = false;
        return;
      } catch (error) {
        // The files may have arrived; the server skips those that did.
        this.interrupted = true;
        if (attempt === TRIES || !mayPass(error)) throw error;
        await pause(attempt, signal);
      }
    }
  }

  #send(slice, signal) {
    const form = new FormData();
    if (this.interrupted) form.append("again", "1");
    form.append("names", JSON.stringify(slice.map(({ name }) => name)));
    for (const { file } of slice) form.append("files", file, "photo");
    const onProgress = (bytes) => this.onProgress(this.sent, this.sentBytes + bytes);
    return sendForm(`${this.url}/${this.token}/files`, form, { signal, onProgress });
  }
}
