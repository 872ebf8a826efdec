"""The asynchronous client: the source of `_sync`, see `generate_sync.py` beside the package."""
