"""Pages of groups: shares by time and place, two groups side by side, and the trend of a schedule.

- `forms`: read and write the grouping of an address.
- `kept`: tables that were made lately.
- `chart`: the geometry of the charts.
- `views`: the groups of a job.
- `trend`: the runs of a schedule.
"""
