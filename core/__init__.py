"""What the product knows; no Flask and no Celery below here."""
