"""Report files to download."""
