"""List the input of a job: one row per photo of a folder, an upload or a selection of the library.

- photos: walk folders, archives and selections, one entry per photo
- store: the rows and batches of the job
"""
