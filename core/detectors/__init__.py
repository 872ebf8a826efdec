"""Detectors that learn from photos whose faces people boxed.

In reading order:

- `job_kind`: trainings and evaluations of detectors, and their requests.
- `queries`: photos whose faces are all boxed, with their splits and boxes.
- `store`: stops a fit.
- `folder`: the files of one training.
- `measure`: a detector on held-back photos, as the gate compares it.
"""
