"""Results and photos, with their faces."""
