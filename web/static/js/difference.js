// Where two pictures of any size differ: both drawn to one size, compared pixel by pixel.
const LONGEST_SIDE = 1000;
/** Levels, of 255, that an eye does not tell apart after two rounds of JPEG. */
const VISIBLE = 24;

function pixels(image, width, height) {
  const sheet = new OffscreenCanvas(width, height);
  const context = sheet.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** The size of both: no larger than the smaller one, so that resizing alone makes no difference. */
function commonSize(first, second) {
  const { naturalWidth: width, naturalHeight: height } = first;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height), second.naturalWidth / width);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** The first picture's grey and the greatest difference of its three channels, a byte a pixel each. */
export function differences(first, second) {
  const [width, height] = commonSize(first, second);
  const [one, two] = [pixels(first, width, height), pixels(second, width, height)];
  const grey = new Uint8ClampedArray(width * height);
  const gap = new Uint8ClampedArray(width * height);
  let visible = 0;
  for (let at = 0; at < gap.length; at += 1) {
    const [r, g, b] = [4 * at, 4 * at + 1, 4 * at + 2];
    grey[at] = 0.299 * one[r] + 0.587 * one[g] + 0.114 * one[b];
    gap[at] = Math.max(Math.abs(one[r] - two[r]), Math.abs(one[g] - two[g]), Math.abs(one[b] - two[b]));
    if (gap[at] > VISIBLE) visible += 1;
  }
  return { width, height, grey, gap, changed: visible / gap.length };
}

/** The picture in faint grey, and in orange where it differs, `gain` times as strong. */
export function paint(canvas, { width, height, grey, gap }, gain) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const sheet = context.createImageData(width, height);
  for (let at = 0; at < gap.length; at += 1) {
    const strength = Math.min(1, (gain * gap[at]) / 255);
    const ground = 0.35 * grey[at] * (1 - strength);
    sheet.data[4 * at] = ground + 255 * strength;
    sheet.data[4 * at + 1] = ground + 150 * strength;
    sheet.data[4 * at + 2] = ground + 20 * strength;
    sheet.data[4 * at + 3] = 255;
  }
  context.putImageData(sheet, 0, 0);
}
