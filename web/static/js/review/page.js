// A page of the grid: crops by stack, which of them are exceptions, and by brush what they become.
export class CropPage {
  /** `label` is what every crop becomes that is no exception. */
  constructor(faces, label) {
    this.label = label;
    this.shownAt = performance.now();
    const stacks = new Map();
    for (const face of faces) {
      const name = face.stack ?? `face ${face.face}`;
      stacks.set(name, [...(stacks.get(name) ?? []), face]);
    }
    this.stacks = [...stacks.values()].map((faces) => ({ faces, exception: undefined }));
  }

  get items() {
    return this.stacks.flatMap(({ faces }) => faces.map((face) => face.item));
  }

  get exceptions() {
    return this.stacks.filter((stack) => stack.exception !== undefined).length;
  }

  /** Sets what a stack becomes: a label, "" for left out, undefined for the page's own label. */
  paint(index, exception) {
    this.stacks[index].exception = exception;
  }

  /** Item ids with their labels, null for those left out. */
  get labels() {
    return Object.fromEntries(
      this.stacks.flatMap(({ faces, exception }) => faces.map((face) => [face.item, exception === undefined ? this.label : exception || null])),
    );
  }

  /** Faces that the page decides. */
  get decided() {
    return Object.values(this.labels).filter(Boolean).length;
  }

  drop(items) {
    const gone = new Set(items);
    for (const stack of this.stacks) stack.faces = stack.faces.filter((face) => !gone.has(face.item));
    this.stacks = this.stacks.filter((stack) => stack.faces.length);
  }
}
