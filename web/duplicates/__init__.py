"""Duplicate groups: the list, one side by side, and what a person does with them."""
