"""Pages of datasets.

In reading order:

- `forms`: the forms that freeze a dataset and import a labelled set.
- `views`: the list of datasets, one dataset, its faces, its CSV file, and two datasets compared.
- `actions`: freeze a dataset, import a labelled set, and pin a golden test set.
- `job_panel`: the pages of import and freeze jobs.
"""
