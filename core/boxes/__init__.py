"""Box editing: boxes that people draw, move and remove, and the rule by which faces of a photo count.

- `face`: a face with its label and prediction, and the rule for its status.
- `change`: one edit as the page sends it.
- `store`: apply, undo and redo edits.
- `queries`: read faces of photos, photos to box, and boxed photos.
- `formats`: Pascal VOC and COCO annotations.
- `export`: boxed photos as a zip.
- `job_kind`: the job that predicts drawn faces.
"""
