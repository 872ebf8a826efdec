"""Pages of face detectors that were trained here, beside those of classifier versions.

In reading order:

- `views`: the list with the history of the detector in use, and one version.
- `actions`: train, stop, evaluate, promote, roll back.
- `job_panel`: the pages of a training and of an evaluation.
"""
