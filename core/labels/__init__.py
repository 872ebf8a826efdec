"""What people, and imported sets, said of faces."""
