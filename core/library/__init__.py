"""Photos that are kept: their files, their hashes, where they came from, and who is credited."""
