"""Pages of review: queues, one face at a time, the grid, and what reviewers are measured by."""
