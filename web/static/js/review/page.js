// The data of a grid page: stacks of crops, and the labels of the exceptions among them.
export class CropPage {
  /** `label` is the label of all crops that are not exceptions. */
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

  /** Sets the label of a stack: "" leaves it out, undefined is the label of the page. */
  paint(index, exception) {
    this.stacks[index].exception = exception;
  }

  /** Labels by item id, null for items left out. */
  get labels() {
    return Object.fromEntries(
      this.stacks.flatMap(({ faces, exception }) => faces.map((face) => [face.item, exception === undefined ? this.label : exception || null])),
    );
  }

  /** Number of faces that the page decides. */
  get decided() {
    return Object.values(this.labels).filter(Boolean).length;
  }

  drop(items) {
    const gone = new Set(items);
    for (const stack of this.stacks) stack.faces = stack.faces.filter((face) => !gone.has(face.item));
    this.stacks = this.stacks.filter((stack) => stack.faces.length);
  }
}
