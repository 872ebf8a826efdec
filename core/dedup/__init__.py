"""Duplicates: hashes of photos and faces, the search for near ones, groups of which one photo is kept."""
