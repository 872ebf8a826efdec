"""Schedules that wait for new photos in a folder.

In reading order:

- options: how long a photo must stay the same, and how many share a job
- file_system: whether a folder is on a network share
- settling: which of the files that were seen have stopped growing
- look: one look at the folder
- store: note what was taken in the transaction that writes its job
- queries: watched folders and their state
"""
