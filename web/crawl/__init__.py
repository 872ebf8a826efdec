"""The form that requests a crawl, and what the page of a crawl shows."""
