"""Classifier versions: their files, which one is the champion, and how it became so.

In reading order:

- `files`: the files of versions, and the files that a release ships.
- `gate`: what a candidate must show to replace the champion.
- `queries`: reads versions, the champion and its history.
- `store`: registers versions and changes the champion.
"""
