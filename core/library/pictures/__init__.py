"""Pictures that pages show and that leave the service; Pillow alone, no OpenCV.

In reading order:

- `metadata`: a file without EXIF, GPS, XMP, comments and whatever follows the picture.
- `anonymise`: cover the eyes, or the whole face, of everybody in a picture.
- `convert`: any photo as a JPEG that browsers show, and crops of faces.
- `leaving`: how the photos of an export leave.
"""
