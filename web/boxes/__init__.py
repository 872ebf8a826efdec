"""Faces drawn, moved and taken away by hand."""
