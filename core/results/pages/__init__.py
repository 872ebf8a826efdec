"""Results of a job for its pages, one page at a time.

- filter: which photos are shown
- page: photos, faces and the positions of the neighbouring pages
- search: finds the photos that match, by predicted or by final labels
- faces: the faces of a job, slice by slice
- queries: everything else that pages read from the database
"""
