"""Boxes that people draw, move and remove, and the rule that says which faces of a photo count.

- `face`: a face with all that is known of it, and its status.
- `change`: one edit, as the page sends it.
- `store`: apply, undo and redo edits.
- `queries`: faces of photos, photos to box.
- `formats`, `export`: Pascal VOC and COCO, zipped.
- `request`: predictions for drawn faces.
"""
