"""Import and export: the page of both, the form of an export, and the page of its job.

- `forms`: what the form asks
- `views`: the page
- `job_panel`: the file on the page of an export job
"""
