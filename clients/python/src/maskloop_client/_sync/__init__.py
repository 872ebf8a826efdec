# Made of `_async/__init__.py` by `generate_sync.py`: change that file, not this one.
"""The synchronous client: the source of `_sync`, see `generate_sync.py` beside the package."""
