"""Import of a labelled set: its photos, their faces, and its labels as decisions.

In reading order:

- `job_kind`: the import job and its options.
- `annotations`: finds what a set says about a photo, by its path.
- `formats`: reads the formats in which sets come.
- `words`: counts the words of a set.
- `truth`: the labels of one photo, as its row stores them.
- `labelling`: labels the photos of a set while it is listed.
- `frames`: brings annotated boxes into pixels of the upright photo.
- `matching`: which detected face a label or a box of the set belongs to.
- `photos`: reads and measures the photos of a batch.
- `summary`: what an import left out, assumed and found.
- `queries`: reads the labels of a batch, and counts what an import wrote.
- `assumed`: takes back the labels that an import assumed.
- `store`: writes the photos, faces and decisions of a batch.
"""
