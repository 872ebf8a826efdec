"""Photos that are kept: their files, hashes, sources and credits.

- files: photos in the store, in folders and in archives
- uploads: files that are sent before the job that reads them
- resumable: files of uploads that arrive in several requests
- fingerprints: hashes and embeddings of photos
- pictures: pictures for pages and exports, without metadata, with faces covered where asked
- credits: whom to credit for a photo, and attributions.csv
- queries: credits, faces and bytes of photos
- selection: any selection of the photos, for pages, jobs, removals and exports
"""
