"""What `/metrics` tells of the whole service: counts.py, store.py, queries.py."""
