"""Files of photos: find them in folders and archives, read them, store one copy of each.

In reading order:

- `names`: names of files as text, and whether they are photos or archives.
- `skipping`: which names are skipped in folders, archives and browsers, and a count of them.
- `descriptors`: open by descriptor what was checked by its path.
- `folder`: walk the photos of a folder.
- `scan`: look over a folder again and again.
- `archive`, `archive_member`, `tar`: walk the photos of a zip or tar file.
- `reading`: read one file safely.
- `store`: one copy of each photo, named by its SHA-256.
"""
