"""Move an installation of SQLite and a folder to PostgreSQL and an object store.

- `files`: copy the files of the data folder to the store, and read each back.
- `rows`: copy the rows of all tables in one transaction, and compare counts and hashes.
- `move`: both, in an order that a kill at any point leaves whole.
"""
