"""Removals: delete photos with everything derived from them.

- job_kind: the request for a removal, and its job kind
- target: how photos are named: by number, page, host or phrase
- queries: what would be deleted, counted; the record of a removal
- store: deleting rows, correcting counters, restarting trainings and reports
- files: deleting files
"""
