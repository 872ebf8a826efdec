"""Assign every photo with labelled faces to a split, so that near-duplicates never end up in two.

In reading order:

- `statistics`: hashes, blur, brightness and the time taken of a photo and its faces.
- `near_duplicates`: pairs of photos that must stay together.
- `groups`: groups of such photos, and the split of each group.
- `queries`: photos without statistics, and photos without a group.
- `store`: writes statistics and groups.
"""
