"""Shares of labels corrected by an audit, with 95% intervals. NumPy only: no database, no SciPy.

In reading order:

- `evidence`: what is known of a job: undecided faces, audited faces, decided faces.
- `counts`: the audited faces, counted by stratum and predicted label.
- `interval`: the interval of a share.
- `shares`: raw and corrected shares with intervals, for the job and for each group.
- `problem`: when no interval is given, and why.
- `allocation`: how many audited faces to draw from each stratum.
- `planner`: how narrow an interval gets with more audited faces.
- `target`: whether a share reaches a target.
- `difference`: the difference of two shares.
- `photo_audit`: missed and invented faces, from photos in which people boxed every face.
"""
