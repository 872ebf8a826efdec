"""What came of a job's photos, read a page at a time."""
