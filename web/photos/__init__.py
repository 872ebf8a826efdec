"""Pages of a job's photos with their faces, and the pictures that pages show.

In reading order:

- `views`: the grid of results, and one photo.
- `files`: addresses of thumbnails, pictures and original files.
- `thumbnail`: thumbnails cached in the data folder.
- `picture`: convert any photo to a JPEG that browsers show.
"""
