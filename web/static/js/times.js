// Shows times in the reader's time zone and language.
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function ago(moment) {
  const seconds = (moment - Date.now()) / 1000;
  if (-seconds > 7 * 86400) return day.format(moment);
  const unit = UNITS.find(([, length]) => -seconds >= length);
  return unit ? relative.format(Math.ceil(seconds / unit[1]), unit[0]) : "just now";
}

export function localise(root) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const moment = new Date(element.dateTime);
    const style = element.dataset.time;
    const text = style === "ago" ? ago(moment) : (style === "clock" ? clock : day).format(moment);
    if (element.textContent !== text) element.textContent = text;
    element.title = day.format(moment);
  }
}
