// Touch gestures: a swipe decides, a long press shows the whole photo.
const FAR = 60;
const HELD = 450;
/** Labels by direction. */
const LABELS = { right: "with_mask", left: "without_mask", up: "incorrect", down: "not_a_face" };

function direction(dx, dy) {
  if (Math.hypot(dx, dy) < FAR) return null;
  if (Math.abs(dx) > 1.5 * Math.abs(dy)) return dx > 0 ? "right" : "left";
  if (Math.abs(dy) > 1.5 * Math.abs(dx)) return dy > 0 ? "down" : "up";
  return null;
}

export function onSwipes(element, { decide, hold }) {
  let start = null;
  let timer = 0;
  let held = false;

  function end() {
    clearTimeout(timer);
    element.style.translate = "";
    if (held) hold(false);
    held = false;
    start = null;
  }

  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary) return;
    start = event;
    element.setPointerCapture(event.pointerId);
    timer = setTimeout(() => {
      held = true;
      hold(true);
    }, HELD);
  });
  element.addEventListener("pointermove", (event) => {
    if (!start || held) return;
    const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (Math.hypot(dx, dy) > 10) clearTimeout(timer);
    element.style.translate = `${dx / 2}px ${dy / 2}px`;
  });
  element.addEventListener("pointerup", (event) => {
    const way = start && !held && direction(event.clientX - start.clientX, event.clientY - start.clientY);
    end();
    if (way) decide(LABELS[way]);
  });
  element.addEventListener("pointercancel", end);
}
