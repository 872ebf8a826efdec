"""Listing: every photo of a folder or an upload becomes one row of the job.

- photos: walk folders and archives, one entry per photo
- store: the rows and batches of the job
"""
