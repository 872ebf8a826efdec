// Zooms and pans a sheet of known size in a stage; at first the whole sheet fits.
const LARGEST = 8;
const STEP = 1.4;

export class Zoom {
  /** `pans` decides whether a press moves the photo; `largest` is the largest scale in CSS pixels per pixel. */
  constructor(stage, sheet, onChange, { pans = () => true, largest = 2 } = {}) {
    this.stage = stage;
    this.sheet = sheet;
    this.width = Number(sheet.dataset.width);
    this.height = Number(sheet.dataset.height);
    Object.assign(this, { onChange, pans, largest });
    this.level = 1;
    this.x = 0;
    this.y = 0;
    this.pointers = new Map();
    this.travelled = 0;
    new ResizeObserver(() => this.#place()).observe(stage);
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#drag(event));
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, (event) => this.#up(event));
    stage.addEventListener("dblclick", (event) => this.pans(event) && (this.level > 1 ? this.whole() : this.by(3, event)));
    this.#place();
  }

  /** CSS pixels per pixel of the photo at which the whole photo fits; a small photo is enlarged at most twice. */
  get fit() {
    const { clientWidth, clientHeight } = this.stage;
    return Math.min(clientWidth / this.width, clientHeight / this.height, 2);
  }

  get scale() {
    return this.fit * this.level;
  }

  whole() {
    this.level = 1;
    this.#place();
  }

  /** Zooms around a point of the stage, by default its middle. */
  by(factor, point) {
    const frame = this.stage.getBoundingClientRect();
    const px = point ? point.clientX - frame.left : frame.width / 2;
    const py = point ? point.clientY - frame.top : frame.height / 2;
    const level = Math.min(Math.max(this.level * factor, 1), Math.max(LARGEST, this.largest / this.fit));
    const ratio = level / this.level;
    this.x = px - (px - this.x) * ratio;
    this.y = py - (py - this.y) * ratio;
    this.level = level;
    this.#place();
  }

  /** Whether the last press moved the photo and was not a click. */
  get dragged() {
    return this.travelled > 5;
  }

  /** The point of an event, in pixels of the photo. */
  toPhoto({ clientX, clientY }) {
    const frame = this.stage.getBoundingClientRect();
    return { x: (clientX - frame.left - this.x) / this.scale, y: (clientY - frame.top - this.y) / this.scale };
  }

  /** Centres a point of the photo, if the photo is larger than the stage. */
  centre(x, y) {
    this.x = this.stage.clientWidth / 2 - x * this.scale;
    this.y = this.stage.clientHeight / 2 - y * this.scale;
    this.#place();
  }

  larger() { this.by(STEP); }

  smaller() { this.by(1 / STEP); }

  /** Keeps the photo in the stage: centred if it is smaller, without empty edges if it is larger. */
  #place() {
    const { clientWidth, clientHeight } = this.stage;
    // A removed or hidden stage has no size.
    if (!clientWidth || !clientHeight) return;
    const [width, height] = [this.width * this.scale, this.height * this.scale];
    const within = (at, size, room) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(at, room - size)));
    this.x = within(this.x, width, clientWidth);
    this.y = within(this.y, height, clientHeight);
    Object.assign(this.sheet.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${this.x}px, ${this.y}px)`,
    });
    this.stage.classList.toggle("stage--zoomed", this.level > 1);
    this.onChange(this.scale);
  }

  #wheel(event) {
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / 400), event);
  }

  #down(event) {
    if (!this.pointers.size) {
      this.travelled = 0;
      this.held = !this.pans(event);
    }
    this.pointers.set(event.pointerId, event);
    this.stage.setPointerCapture(event.pointerId);
    this.stage.classList.toggle("stage--dragging", this.level > 1 && !this.held);
  }

  #drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (other) return this.#pinch(before, event, other);
    this.travelled += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    if (this.held) return;
    this.x += event.clientX - before.clientX;
    this.y += event.clientY - before.clientY;
    this.#place();
  }

  /** Pinch: the point between two fingers stays between them. */
  #pinch(before, event, other) {
    const gap = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = (one) => ({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 });
    this.travelled = Infinity;
    this.x += middle(event).clientX - middle(before).clientX;
    this.y += middle(event).clientY - middle(before).clientY;
    this.by(gap(event) / Math.max(gap(before), 1), middle(event));
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    this.stage.classList.remove("stage--dragging");
  }
}
