// Numbers as pages show them: the rules of core/number_text.py, which tests/acceptance/test_numbers.py compares.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0, roundingMode: "halfEven" });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** 12,345: no decimals, thousands separated by commas, whatever the language of the browser. */
export function number(value) {
  return whole.format(value);
}

/** A rate: one decimal below 10, else none. */
export function decimal(value) {
  return Math.round(value * 10) / 10 < 10 ? tenths.format(value) : number(value);
}

/** A probability or a progress, 0 to 1: whole per cent rounded down; "<1%" above 0. */
export function percent(fraction) {
  const value = Math.floor(fraction * 100 + 1e-9);
  return value === 0 && fraction > 0 ? "<1%" : `${value}%`;
}

/** A part of a whole, 0 to 1: per cent with one decimal, and 0% and 100% only where they are exact. */
export function share(fraction) {
  if (fraction === 0 || fraction === 1) return `${100 * fraction}%`;
  const text = (fraction * 100).toFixed(1);
  return text === "0.0" ? "<0.1%" : text === "100.0" ? ">99.9%" : `${text}%`;
}

/** A score other than a probability, such as a detector's: 0.912. */
export function metric(value) {
  return value.toFixed(3);
}

/** Bytes: 1.4 MB, with one decimal below 100; units of 1000. */
export function size(count) {
  let [value, unit] = [count, 0];
  while (Math.round(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || Math.round(value * 10) / 10 >= 100 ? number(value) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}

/** 1 photo, 2,000 photos */
export function plural(count, word, many = `${word}s`) {
  return `${number(count)} ${count === 1 ? word : many}`;
}
