"""What the API is sent and answers, as pydantic models; the OpenAPI document is made of them.

In reading order:

- `base`: answers, requests, pages of lists, problems
- `jobs`: jobs with their counts, progress and log
- `job_requests`: requests of jobs of every kind
- `results`: files of jobs with their faces
- `faces`, `photos`: faces of jobs, photos of the library
- `reports`: report files of jobs, and exports
- `uploads`: uploads and their files
- `tokens`: tokens of the API
- `webhooks`: webhooks and what was sent to them
"""
