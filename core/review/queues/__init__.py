"""Filling queues: choose, rank and stack faces.

- `pool`: the faces that a queue may take, as arrays.
- `ranking`: rank the faces of a pool by each reason, and mix the rankings by their shares.
- `face_vectors`: feature vectors of faces, for diversity and likely label errors.
- `choices`: what the form of a new queue offers: jobs, and how many faces match.
- `words`: reasons, presets, titles and empty queues in words.
- `request`: request a queue that will find faces.
- `stacking`: group near-identical crops.
- `queries`: read queues, pools and faces.
- `store`: write items and stacks, open and close queues.
"""
