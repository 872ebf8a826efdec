"""Ask sources for hits.

- source_reader: the next result page of a source
- queries: a search, its goal, hits that the job found before
- store: hits, the end of a search, continuing it
"""
