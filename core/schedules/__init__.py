"""Schedules: jobs that start at the times of a cron expression, or when new photos arrive in a folder.

In reading order:

- recurrence: a cron expression in a time zone
- store: add, change, pause, delete and list schedules
- due: start, queue or skip a planned run; called by the tick
- watching: watched folders; the watcher looks at them
"""
