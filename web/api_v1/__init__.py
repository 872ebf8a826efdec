"""The API for programs under `/api/v1`: tokens in place of cookies, problems in place of pages.

In reading order:

- `access`: who calls, and what a token may do
- `rate_limits`: requests in a minute, counted for all web processes
- `problems`: errors as RFC 9457 problems
- `document`: the declaration of an operation, the OpenAPI document, the page that shows it
- `schemas`: what is sent and answered, a module per topic
- `paging`: cursors of long lists
- `starting`: starts a job once
- `jobs`: request, read, steer and delete jobs
- `results`: files of jobs with their faces
- `faces`: faces of jobs, one face with its decisions
- `photos`: photos of the library, boxes of their faces
- `reports`, `exports`: files to download
- `removals`, `imports`: delete photos after a dry run; look at a labelled set, and import it again
- `uploads`: files that arrive by the tus protocol
- `tokens`: tokens of the API
- `webhooks`: webhooks and the log of their deliveries
- `operations`: names every module of operations
"""
