"""Faces by themselves: their crops."""
