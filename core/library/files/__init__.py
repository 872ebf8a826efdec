"""Files of photos: finding them in folders and archives, reading them, storing one copy of each."""
