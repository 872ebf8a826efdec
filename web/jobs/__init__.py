"""Jobs: asking for them, watching them, steering them."""
