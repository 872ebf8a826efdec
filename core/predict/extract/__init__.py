"""The extract job: find faces in photos of the library and store them without a label.

- options, request: what a user chooses, and the function that asks for the job
- search: the faces and hashes of one photo
- store: which photos are searched, and the rows that a batch writes
"""
