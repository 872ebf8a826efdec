"""Where pictures are asked for, one file a source."""
