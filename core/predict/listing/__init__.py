"""List the input of a job: one row per photo of a folder or an upload.

- photos: walk folders and archives, one entry per photo
- store: the rows and batches of the job
"""
