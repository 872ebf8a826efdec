"""Retention: delete the pictures of old photos and keep what was counted in them.

In reading order:

- `job_kind`: which photos, after how many days
- `queries`: the photos that are due, and the dry run
- `store`: mark photos as erased
"""
