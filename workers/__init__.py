"""The processes that do the work, and one handler per job stage.

In reading order:

- broker: the Celery application, wake-ups, the embedded Valkey server
- tasks: the Celery task that starts the worker loop
- engine: the worker loop: claim a batch, run its handler, record the result
- lease_keeper: renews the lease of the batch in work and notices pause and cancel
- handlers: imports every handler
- predict, reports, importing: list photos, read them, write report files, import labels
- crawl, dedup, similar, classify, review, removal, freezing, measuring: handlers of the other topics
- library, detector: photos and detectors that several handlers use
- tick: expired leases, schedules, wake-ups and free disk space, every few seconds
- drain: runs one job without a broker, for the command line
- setup, migrating, processes, start, stack: prepare folder and tables, run the service from one launcher
- training: the trainer process
- watching: the process that looks at watched folders
- live: the process for single photos and cameras
"""
