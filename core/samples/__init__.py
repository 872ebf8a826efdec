"""Sample photos, drawn from one portrait in the public domain."""
