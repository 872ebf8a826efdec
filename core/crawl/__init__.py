"""Crawling: ask sources for pictures, fetch them politely and safely, keep where they came from."""
