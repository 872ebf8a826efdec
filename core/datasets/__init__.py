"""Datasets: labelled faces frozen at one moment, split for training and testing.

In reading order:

- `options`, `job_kind`: the options of a freeze, and the job.
- `content`: which labelled faces go into a dataset, and its content hash.
- `store`: freezes a dataset, and pins the golden test set.
- `labelled_face`: a face of a dataset for training and evaluation.
- `queries`: reads datasets and their faces, and compares two datasets.
- `export`: a dataset as CSV.
- `splitting`: assigns photos to train, validation and test.
- `importing`: imports a labelled set.
"""
