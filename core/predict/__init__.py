"""Predict jobs: list the photos of a folder or upload, find and classify their faces, write reports.

In reading order:

- options, job_kind: options, request and declaration
- listing: list the input, one row per photo
- results, read_photos: read the photos of a batch
- queries, store: read the input of a batch, write its results
- unpredicted: faces without a prediction of a version, for jobs that classify stored faces
- report_stage: the stage that writes report files
- extract: extract jobs, which find faces without classifying them
"""
