"""Pages of review: queues, deciding faces, single faces, and the quality of reviewers."""
