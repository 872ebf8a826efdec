"""The main job: list the input, find and classify faces, write the results.

- options, request: what a user chooses, and the function that asks for the job
- listing: the input as one entry per photo, and the rows and batches made of it
- results: a photo of a job, read or failed
- read_photos: bytes, hashes and faces of a batch's photos
- queries: what a batch reads from the database
- store: what a finished batch writes
- extract: the job that finds faces without classifying them
"""
