"""Results of a job for its pages, one page at a time.

- filter: which photos are shown
- page: photos, faces and the positions of the neighbouring pages
- queries: the search, and everything read from the database
"""
