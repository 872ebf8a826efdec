"""The activity log: routes.py names what is recorded, recording.py writes it, views.py shows it."""
