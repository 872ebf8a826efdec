"""Fetch hits.

- hit_fetcher: from an address to a photo in the store, or why there is none
- queries: hits of a batch that wait, and those that the library has
- store: photos, sources, the job's rows and counters
"""
