"""Files that arrive in several requests, and go on after a cut connection.

- partial_file: the bytes that have arrived, on disk, with one writer at a time
- store: the rows of such files
"""
