"""Hashes of photos and faces, and how near two of them are."""
