"""Sign-in, roles, passwords and the people page."""
