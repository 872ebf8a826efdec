"""Pages of box editing: the editor, the list of photos, predictions of drawn faces, export."""
