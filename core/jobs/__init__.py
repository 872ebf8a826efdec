"""The job engine: what there is to do is rows in the database, and a lease gives a batch to one worker.

In reading order:

- kinds: what a job kind and a stage declare, and the registry of kinds
- options: base classes of options and payloads, checked at construction, stored as JSON
- request: write a job and its first batch
- claim, lease: take a batch; renew the lease, release or postpone the batch
- finish: a batch is done, or its attempt failed: try again, split, quarantine, or fail the job
- stages: begin the next stage or end the job
- actions: pause, resume, cancel, continue and retry a job
- outcome: how a job ended, in words
- deletion: hide a job that has ended, then delete its rows and files
- job_photos: list photos of the library in a job, and save the outcome of each
- tick: expired leases, claimable work, free disk space
- store: write log lines and batches
- queries, progress: read jobs, their log and progress, and the health of the service
"""
