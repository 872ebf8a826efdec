"""What limited accounts see: some series (all jobs of a schedule) and some review queues, nothing of others.

- limits: give an account limits, and read them
- rules: for each table, which of its rows a limited account sees
- sessions: sessions that read only these rows, and the check of what an address names
"""
