"""Faces that people draw, move and take away, and which faces of a photo stand."""
