"""Pages of jobs.

In reading order:

- views, list_filter, card: the list of jobs and the page of one job
- panels, job_panel: what a job's page shows for its kind
- input_form, new, extraction: request a job
- uploads, folders: upload files; browse folders of the server
- actions: pause, resume, cancel, continue, retry, run again, delete
- reports: download report files
"""
