// Whether a picked file can still be read; a request that fails for it looks like a network error.

/** False if the file was moved, deleted, changed or locked since it was picked. */
export async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
