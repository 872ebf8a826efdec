// Pictures of faces, decoded before they are wanted.
/** As an image of a face's crop; `side` is one that the server makes. */
export function cropImage(faces, face, side) {
  const image = new Image(side, side);
  image.alt = "";
  image.draggable = false;
  image.src = `${faces}/${face}/crop?side=${side}`;
  return image;
}

export class Pictures {
  constructor(faces, side) {
    this.faces = faces;
    this.side = side;
    this.images = new Map();
  }

  /** The image, fetched and decoded if it was not. */
  of(face) {
    if (!this.images.has(face)) {
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
