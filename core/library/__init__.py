"""Photos that are kept: their files, hashes, sources and credits.

- files: photos in the store, in folders and in archives
- uploads: files that a browser sends before the job that reads them
- fingerprints: hashes and embeddings of photos
- credits: whom to credit for a photo, and attributions.csv
- queries: pages of the library, filter choices, credits, faces and bytes of one photo
"""
