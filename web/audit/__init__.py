"""Audit samples: the panel "Shares" of a job's page, and what its buttons do."""
