"""Hashes of photos and faces.

In reading order:

- `photo_hashes`: hashes and embeddings as plain values, and the distances between them.
- `shot`, `exif`: when a photo was taken, and by which camera.
- `hashes`: hash photos, measure faces.
- `store`: write hashes and statistics to the database.
"""
