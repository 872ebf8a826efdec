"""One photo at once: look at it without a job, and keep it if it is worth keeping."""
