// Random ids of tabs and actions, and the local date.
const BYTES = 16;

/** 32 hexadecimal digits; `crypto.randomUUID` is missing where the service is reached over plain HTTP. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The local date in ISO format, such as 2026-11-25. */
export function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}
