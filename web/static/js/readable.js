// Whether a file that somebody picked can still be read: a request that fails for it looks as if the server were away.

/** False for a file that was moved, deleted, changed or locked since it was picked. */
export async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
