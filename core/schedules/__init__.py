"""Jobs that recur: cron lines, planned runs, and what happens at their time."""
