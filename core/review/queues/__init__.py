"""How a queue gets its faces.

- `pool`: the faces that a queue may choose from.
- `ranking`: rank them by reason and mix the rankings by their shares.
- `face_vectors`: feature vectors, for diversity and likely label errors.
- `stacking`: group near-identical crops.
- `queries`, `store`: queues, pools and items in the database.
"""
