"""Pages of jobs that recur."""
