"""Versions of the face detector: which one finds the faces, and what a new one must show.

In reading order:

- `gate`: the conditions under which a trained detector may replace the one in use.
- `queries`: reads versions, the champion and its history, and opens the detector of a job.
- `store`: registers versions, writes evaluations, changes the champion.
"""
