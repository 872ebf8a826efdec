"""Duplicate groups as people see and change them.

`queries` reads groups for pages, `store` writes what a person decides.
"""
