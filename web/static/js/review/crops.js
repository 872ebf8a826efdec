// Crops of faces, loaded and decoded ahead of time.
/** An image element with a face's crop; `side` is one of the sizes that the server offers. */
export function cropImage(faces, face, side) {
  const image = new Image(side, side);
  image.alt = "";
  image.draggable = false;
  image.src = `${faces}/${face}/crop?side=${side}`;
  return image;
}

/** True once loading the image has failed. */
export function isBroken(image) {
  return image.complete && !image.naturalWidth;
}

export class Pictures {
  constructor(faces, side) {
    this.faces = faces;
    this.side = side;
    this.images = new Map();
  }

  /** The image of a face; starts loading it if it is new or failed before. */
  of(face) {
    const known = this.images.get(face);
    if (!known || isBroken(known)) {
      const image = cropImage(this.faces, face, this.side);
      this.images.set(face, image);
      image.decode().catch(() => {});
    }
    return this.images.get(face);
  }

  /** Drops the images of all other faces. */
  keep(faces) {
    const wanted = new Set(faces);
    for (const face of this.images.keys()) if (!wanted.has(face)) this.images.delete(face);
  }
}
