// Requests to the service with the CSRF token; errors become ServerError.
export class ServerError extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

async function read(answer) {
  if (answer.ok) return answer.json();
  const body = await answer.json().catch(() => ({}));
  const { code = "unexpected_error", message = `The server responded with ${answer.status}.` } = body.error ?? {};
  throw new ServerError(code, message, answer.status);
}

export async function getJson(url, options = {}) {
  return read(await fetch(url, { ...options, headers: { Accept: "application/json" } }));
}

function headers() {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  return { Accept: "application/json", "X-CSRF-Token": token };
}

/** Posts, with an optional JSON body; the request completes even if the page is left. */
export async function postJson(url, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), keepalive: true };
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  return read(await fetch(url, { method: "POST", headers: { ...headers(), ...type }, ...sent }));
}

/**
 * Sends bytes with progress, which fetch cannot report. Resolves to the request once it is answered well; rejects
 * with ServerError, or TypeError without an answer.
 */
export function sendBytes(method, url, { fields, body, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries({ ...headers(), ...fields })) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress?.(event.loaded));
    request.addEventListener("load", () => {
      const { status } = request;
      if (status >= 200 && status < 300) return resolve(request);
      return read({ ok: false, status, json: async () => JSON.parse(request.responseText) }).catch(reject);
    });
    request.addEventListener("error", () => reject(new TypeError("The server does not respond.")));
    request.addEventListener("abort", () => reject(new DOMException("Cancelled.", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

/** Sends a form with progress; resolves to the JSON of the answer. */
export async function sendForm(url, form, { signal, onProgress }) {
  return JSON.parse((await sendBytes("POST", url, { body: form, signal, onProgress })).responseText);
}
