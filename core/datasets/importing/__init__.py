"""Import a labelled set: its photos, their faces, and its labels as decisions.

In reading order:

- `options`, `request`: what an import job is asked with, and the job itself.
- `annotations`: finds annotation files, in a folder or among uploaded files.
- `truth`: what the set says of one photo, from its annotation or its folder.
- `matching`: which found face a label or a box of the set belongs to.
- `photos`: reads and measures the photos of a batch.
- `queries`, `store`: read and write the rows of a batch.
"""
