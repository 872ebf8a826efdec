"""SourceReader for crawls, and what their pages show."""
