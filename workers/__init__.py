"""Processes that do the work: Celery workers, the tick, the embedded stack."""
