// Pictures of faces, decoded before they are wanted.
/** As an image of a face's crop; `side` is one that the server makes. */
export function cropImage(faces, face, side) {
  const image = new Image(side, side);
  image.alt = "";
  image.draggable = false;
  image.src = `${faces}/${face}/crop?side=${side}`;
  return image;
}

/** True once it is known that an image will never be seen. */
export function isBroken(image) {
  return image.complete && !image.naturalWidth;
}

export class Pictures {
  constructor(faces, side) {
    this.faces = faces;
    this.side = side;
    this.images = new Map();
  }

  /** The image, fetched and decoded if it was not, or was to no avail. */
  of(face) {
    const known = this.images.get(face);
    if (!known || isBroken(known)) {
      const image = cropImage(this.faces, face, this.side);
      this.images.set(face, image);
      image.decode().catch(() => {});
    }
    return this.images.get(face);
  }

  /** Lets go of all but these faces. */
  keep(faces) {
    const wanted = new Set(faces);
    for (const face of this.images.keys()) if (!wanted.has(face)) this.images.delete(face);
  }
}
