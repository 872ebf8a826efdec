"""Crops of faces."""
