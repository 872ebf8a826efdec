"""Bring a labelled set in: its photos, their faces, and what it says of them as decisions."""
