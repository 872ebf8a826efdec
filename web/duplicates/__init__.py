"""Pages of duplicate groups: the list, one group side by side, and the actions on them.

In reading order:

- `views`: the pages.
- `forms`: the forms of the pages.
- `actions`: what a person decides, and its undo.
- `undo`: the message about the last action, with its undo button.
- `job_panel`: the panel on the page of a duplicate job.
"""
