"""Duplicate groups as people see and change them.

- `queries`: read groups for pages.
- `store`: write what a person decides.
"""
