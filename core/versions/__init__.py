"""Classifier versions: their files, which one is the champion, and how it became so."""
