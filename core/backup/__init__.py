"""Back up the data folder and the database while the service runs, and restore them.

A backup folder holds `objects/`, every content once by its SHA-256, and `backups/`, one manifest a backup,
which is written last. Nothing is ever deleted there, so what an earlier backup needs stays.

- objects: the contents by hash
- manifest: what one backup holds, written and read
- data_files: the files of the data folder that are backed up
- queries, store: the tables of PostgreSQL, read and written; the file of SQLite
- make: make a backup
- restore: restore one into an empty data folder and database
"""
