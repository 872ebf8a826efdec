"""The activity log: store.py writes and expires entries, queries.py finds and exports them."""
