"""Asking for the faces of photos that came in without being searched."""
