"""Find duplicates: near and similar photos, and groups in which one photo is kept.

In reading order:

- `job_kind`: options and stages of a duplicate job.
- `hash_search`: find near photos by their hashes.
- `grouping`: divide photos into groups around a kept photo.
- `plan`: decide how existing groups change when new photos arrive.
- `embedding`: embed a photo with the classifier's backbone.
- `fit_whitening`: make the file `whitening.npz` for `embedding`.
- `similar`: find pairs of photos with similar embeddings.
- `turned`: find pairs of photos of which one may be the turned copy of the other.
- `alignment`: check pixel by pixel that one photo is part of another.
- `queries`, `store`: read and write rows for the search.
- `groups/`: groups as people see and change them.
"""
