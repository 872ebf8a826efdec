"""Asking for crawls, and what their pages show."""
