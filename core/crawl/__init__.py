"""Crawling: search sources for pictures, fetch them politely and safely, keep where they came from.

- job_kind, options: what a user requests, and the function that writes the job
- source: what a source is; sources: one file for each search engine or archive
- search: result pages into hits; fetch: hits into photos
- fetcher: one request within the crawl policy
- politeness: robots.txt, noai, Retry-After; host_slots: requests to one host at once
- guard: connections to public addresses only; public_address: which ones are; address: their normal form
- html_pictures: the pictures of an HTML page
- lazy_pictures: the address of a picture in a tag, also where a script puts it in place later
- store: host slots and sources of photos; queries: what the page of a crawl shows
"""
