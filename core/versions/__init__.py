"""Classifier versions: their files, the champion, and its history.

In reading order:

- `files`: the files of versions, and the files that a release ships.
- `gate`: the conditions for replacing the champion.
- `leaving`: a version as a zip for other programs, with examples.
- `queries`: reads versions, their files, the champion and its history.
- `store`: registers versions, promotes them and rolls back.
"""
