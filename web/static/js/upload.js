// Uploads files by the tus protocol, and goes on where a cut connection ended.
import { ServerError, postJson, sendBytes } from "./server.js";

const AT_ONCE = 4;
const PIECE = 8 * 2 ** 20;
const TRIES = 8;
const LONGEST_PAUSE = 10;
const TYPE = "application/offset+octet-stream";
const REFUSED = "photo_too_large_bytes";
/** Errors that a later request may not have: bytes that arrived unseen, a file that another request still writes. */
const PASSING = ["upload_offset_wrong", "upload_file_locked"];

/** Whether a retry may help. */
function mayPass(error) {
  if (error instanceof TypeError) return true;
  if (!(error instanceof ServerError)) return false;
  return (error.status >= 502 && error.status !== 507) || error.status === 429 || PASSING.includes(error.code);
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

/** Base64 of the UTF-8 bytes of a text. */
function encoded(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** One file that is sent. */
class Sending {
  constructor(number, { name, file }) {
    this.number = number;
    this.name = name;
    this.file = file;
    this.address = "";
    this.offset = 0;
    /** Bytes that the request in progress has sent. */
    this.moving = 0;
    this.done = false;
  }

  /** Sends the next bytes; throws what ends the request. */
  async step(url, signal, onMoved) {
    const moved = (bytes) => onMoved((this.moving = bytes));
    const request = await (this.address ? this.#append(signal, moved) : this.#begin(url, signal, moved));
    this.moving = 0;
    this.offset = Number(request.getResponseHeader("Upload-Offset"));
    this.done = this.offset === this.file.size;
  }

  /** Asks how much has arrived. */
  async look(signal) {
    if (!this.address) return;
    const request = await sendBytes("HEAD", this.address, { fields: { "Tus-Resumable": "1.0.0" }, signal });
    this.offset = Number(request.getResponseHeader("Upload-Offset"));
    this.done = this.offset === this.file.size;
  }

  async #begin(url, signal, onProgress) {
    const metadata = `filename ${encoded(this.name)},number ${encoded(String(this.number))}`;
    const fields = { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata };
    const request = await this.#send("POST", url, fields, { signal, onProgress });
    this.address = request.getResponseHeader("Location");
    return request;
  }

  #append(signal, onProgress) {
    return this.#send("PATCH", this.address, { "Upload-Offset": String(this.offset) }, { signal, onProgress });
  }

  #send(method, url, fields, options) {
    const body = this.file.slice(this.offset, this.offset + PIECE, TYPE);
    return sendBytes(method, url, {
      ...options,
      body,
      fields: { ...fields, "Tus-Resumable": "1.0.0", "Content-Type": TYPE },
    });
  }
}

export class Upload {
  /**
   * `picked`: the files to send, and counts of what is skipped. `onProgress` is told files and bytes that were sent,
   * and whether a request failed and is tried again soon.
   */
  constructor(url, { files, skipped }, onProgress) {
    this.url = url;
    this.sendings = files.map((one, number) => new Sending(number, one));
    this.skipped = skipped.counts;
    this.onProgress = onProgress;
    this.sent = 0;
    this.sentBytes = 0;
    this.refused = [];
    this.active = new Set();
    this.token = "";
  }

  /** Uploads the remaining files; can be called again after an error. Resolves to the upload's token. */
  async run(signal) {
    this.token ||= (await postJson(this.url, { skipped: this.skipped })).token;
    const waiting = this.sendings.filter((sending) => !sending.done).reverse();
    const ends = new AbortController();
    signal.addEventListener("abort", () => ends.abort());
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await this.#send(next, ends.signal);
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } catch (error) {
      // The first error ends the others.
      ends.abort();
      throw error;
    }
    return this.token;
  }

  async #send(sending, signal) {
    this.active.add(sending);
    try {
      await this.#sendPieces(sending, signal);
    } finally {
      sending.moving = 0;
      this.active.delete(sending);
    }
    this.sent += 1;
    this.sentBytes += sending.file.size;
    this.#show();
  }

  /** Sends one file in pieces. As long as bytes arrive, it is tried again. */
  async #sendPieces(sending, signal) {
    for (let attempt = 1, reached = 0; !sending.done; attempt += 1) {
      try {
        await sending.step(`${this.url}/${this.token}/files`, signal, () => this.#show());
        attempt = 0;
      } catch (error) {
        sending.moving = 0;
        if (error.code === REFUSED) {
          // The report shows it as failed.
          this.refused.push(sending.name);
          sending.done = true;
          return;
        }
        if (attempt >= TRIES || !mayPass(error)) throw error;
        this.#show({ waiting: true });
        await pause(Math.min(2 ** (attempt - 1), LONGEST_PAUSE), signal);
        await this.#look(sending, signal);
        if (sending.offset > reached) attempt = 0;
        reached = sending.offset;
      }
    }
  }

  async #look(sending, signal) {
    try {
      await sending.look(signal);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  #show({ waiting = false } = {}) {
    let bytes = this.sentBytes;
    for (const { offset, moving } of this.active) bytes += offset + moving;
    this.onProgress(this.sent, bytes, waiting);
  }
}
