"""All photos with where they came from, and their removal."""
