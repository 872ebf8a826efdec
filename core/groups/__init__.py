"""Shares of labels by time and place: groups of a job's photos, and the runs of a schedule.

In reading order:

- `grouping`: what photos are grouped by, and the group of a photo.
- `periods`: hours, weekdays, days and weeks in a time zone.
- `path_pattern`, `preview`: names and times from paths.
- `queries`, `evidence`, `counting`: read and count the files and faces of a job, its decisions and audit.
- `table`: the table of groups; `group_table` is what others call.
- `p_chart`, `chance_words`: change or chance.
- `comparison`: two groups side by side.
- `csv_file`: the table as a file.
- `shares_view`: the shares of the job and its folders, for report files.
"""
