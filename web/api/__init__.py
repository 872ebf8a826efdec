"""JSON for programs, and health."""
