"""Jobs: rows that are the truth, leases that keep two workers from one batch."""
