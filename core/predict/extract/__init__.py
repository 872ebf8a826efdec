"""Extraction: find the faces of photos and keep them, without saying what they wear."""
