"""Hashes of photos and faces.

In reading order:

- `photo_hashes`: hashes and embeddings as plain values, and the distances between them.
- `hashes`: hash photos, measure faces, read when a photo was taken.
- `store`: write hashes and statistics to the database.
"""
