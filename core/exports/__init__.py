"""Exports: photos and faces as a zip in the formats of other programs, written by a job.

In reading order:

- `options`: what an export holds
- `record`: one photo with its faces, as every format gets it
- `archive`: a zip that is written piece by piece, and goes on after a kill
- `formats`: one module for each format
- `queries`: the photos and faces
- `job_kind`: the job
"""
