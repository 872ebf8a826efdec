# Made of `_async/__init__.py` by `generate_sync.py`: change that file, not this one.
"""The synchronous client: the source of `_sync`, see `generate_sync.py` beside the package.

In reading order:

- `waiting`: pauses, blocking calls, work at several items at a time
- `sender`: requests, and when they are sent again
- `rows`: long lists, page by page
- `uploads`, `downloads`: files to the service and from it
- `job`, `jobs`: a job to wait for and steer, and all of them
- `group`: the base of the operations of a topic, one module for each topic
- `client`: all of it together
"""
