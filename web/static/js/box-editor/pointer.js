// Mouse, pen and touch on the photo: select, move, resize and draw boxes; other drags move the photo.
import { area, between, handleAt, HANDLES, holds, moved, resized } from "./geometry.js";
import { ROOM_PIXELS } from "./view.js";

/** A press that moves less than this, in CSS pixels, is a click. */
const CLICK = 4;
const REACH = { mouse: 9, pen: 14, touch: 24 };

export class Pointer {
  /** `editor` provides the faces and the selected one, and receives the results of drags. */
  constructor(stage, zoom, editor) {
    Object.assign(this, { stage, zoom, editor, forced: false, panning: false, drag: null });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("pointercancel", () => this.#cancel());
  }

  /** True if the press moves the photo. */
  pans(event) {
    return event.button === 1 || this.panning || this.#purpose(event) === null;
  }

  /** What a press here would do; null to move the photo. */
  #purpose(event) {
    const point = this.zoom.toPhoto(event);
    if (this.forced || event.shiftKey) return { kind: "draw", face: null, point };
    const chosen = this.editor.chosenFace;
    const handle = chosen && this.#handle(chosen.box, point, event);
    if (handle) return { kind: "resize", face: chosen, handle, point };
    const face = chosen && holds(chosen.box, point) ? chosen : this.faceAt(point);
    if (face && (face === chosen || event.pointerType !== "touch")) return { kind: "move", face, point };
    return event.pointerType === "touch" ? null : { kind: "draw", face: null, point };
  }

  #handle(box, point, event) {
    const reach = REACH[event.pointerType] ?? REACH.mouse;
    const { scale } = this.zoom;
    const near = HANDLES.map((handle) => {
      const at = handleAt(box, handle, scale, ROOM_PIXELS);
      return { handle, gap: Math.hypot(at.x - point.x, at.y - point.y) * scale };
    }).sort((one, other) => one.gap - other.gap)[0];
    // The middle of a small box moves it, even if a handle is near.
    const middle = Math.min(box[2] - box[0], box[3] - box[1]) * scale / 4;
    return near.gap <= (holds(box, point) ? Math.min(reach, Math.max(middle, 3)) : reach) ? near.handle : null;
  }

  /** The smallest face at a point, which is the hardest to hit. */
  faceAt(point) {
    return this.editor.faces.filter((face) => holds(face.box, point)).sort((one, other) => area(one.box) - area(other.box))[0];
  }

  #down(event) {
    if (this.zoom.pointers.size > 1) return this.#cancel();
    this.start = event;
    this.drag = this.pans(event) ? null : this.#purpose(event);
    return undefined;
  }

  #box(event) {
    const { kind, face, handle, point } = this.drag;
    const to = this.zoom.toPhoto(event);
    const size = this.zoom;
    if (kind === "draw") return between(point, to, size);
    const [dx, dy] = [to.x - point.x, to.y - point.y];
    return kind === "move" ? moved(face.box, dx, dy, size) : resized(face.box, handle, dx, dy, size);
  }

  #far(event) {
    return Math.hypot(event.clientX - this.start.clientX, event.clientY - this.start.clientY) >= CLICK;
  }

  #move(event) {
    if (!this.drag) return this.#point(event);
    if (event.pointerId !== this.start.pointerId) return undefined;
    this.dragged ||= this.#far(event);
    const box = this.dragged && this.#box(event);
    if (box) this.editor.preview(this.drag.face?.ref ?? null, box);
    return undefined;
  }

  /** Sets the cursor to what a press would do. */
  #point(event) {
    if (event.buttons) return;
    const purpose = this.panning ? null : this.#purpose(event);
    this.stage.dataset.purpose = purpose ? purpose.handle?.name ?? purpose.kind : "pan";
  }

  #up(event) {
    const { drag, dragged } = this;
    const box = dragged && drag && this.#box(event);
    this.drag = null;
    this.dragged = false;
    if (box) this.editor.place(drag.face?.ref ?? null, box);
    else if (dragged) this.editor.stopPreview();
    else if (this.start?.pointerId === event.pointerId && !this.#far(event) && this.zoom.pointers.size === 0) {
      this.editor.choose(this.faceAt(this.zoom.toPhoto(event))?.ref ?? null);
    }
  }

  #cancel() {
    if (this.drag) this.editor.stopPreview();
    Object.assign(this, { drag: null, dragged: false, start: null });
  }
}
