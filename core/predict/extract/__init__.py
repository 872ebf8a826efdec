"""The extract job: find faces in photos of the library and store them without a label.

- job_kind: options, request and declaration
- search: the faces and hashes of one photo
- store: which photos a job searches, and the rows that a batch writes
"""
