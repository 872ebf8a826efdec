// Boxes as [x1, y1, x2, y2] in pixels of the upright full-size photo.
const LEAST = 2;

/** The eight resize handles, with the edges that each moves. */
export const HANDLES = [
  { name: "nw", x: 0, y: 0 }, { name: "n", x: null, y: 0 }, { name: "ne", x: 1, y: 0 },
  { name: "w", x: 0, y: null }, { name: "e", x: 1, y: null },
  { name: "sw", x: 0, y: 1 }, { name: "s", x: null, y: 1 }, { name: "se", x: 1, y: 1 },
];

const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** The box moved by whole pixels, kept inside the photo. */
export function moved([x1, y1, x2, y2], dx, dy, { width, height }) {
  const sx = within(Math.round(dx), -x1, width - x2);
  const sy = within(Math.round(dy), -y1, height - y2);
  return [x1 + sx, y1 + sy, x2 + sx, y2 + sy];
}

/** The box with the edges of one handle moved to whole pixels; edges cannot cross. */
export function resized(box, handle, dx, dy, { width, height }) {
  const [x1, y1, x2, y2] = box;
  const out = [x1, y1, x2, y2];
  if (handle.x === 0) out[0] = within(Math.round(x1 + dx), 0, x2 - LEAST);
  if (handle.x === 1) out[2] = within(Math.round(x2 + dx), x1 + LEAST, width);
  if (handle.y === 0) out[1] = within(Math.round(y1 + dy), 0, y2 - LEAST);
  if (handle.y === 1) out[3] = within(Math.round(y2 + dy), y1 + LEAST, height);
  return out;
}

/** The box between two points, on whole pixels inside the photo; null if it is too small. */
export function between(one, other, { width, height }) {
  const xs = [one.x, other.x].map((x) => within(Math.round(x), 0, width)).sort((a, b) => a - b);
  const ys = [one.y, other.y].map((y) => within(Math.round(y), 0, height)).sort((a, b) => a - b);
  const box = [xs[0], ys[0], xs[1], ys[1]];
  return xs[1] - xs[0] < LEAST || ys[1] - ys[0] < LEAST ? null : box;
}

/** Position of a handle: on the edge of the box, or slightly outside if the box is small on the screen. */
export function handleAt([x1, y1, x2, y2], handle, scale, room) {
  const [padX, padY] = [x2 - x1, y2 - y1].map((side) => Math.max(0, (room / scale - side) / 2));
  const along = (share, low, high, pad) => (share === null ? (low + high) / 2 : share ? high + pad : low - pad);
  return { x: along(handle.x, x1, x2, padX), y: along(handle.y, y1, y2, padY) };
}

export function holds([x1, y1, x2, y2], { x, y }) {
  return x >= x1 && x <= x2 && y >= y1 && y <= y2;
}

export function area([x1, y1, x2, y2]) {
  return (x2 - x1) * (y2 - y1);
}
