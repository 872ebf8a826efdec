"""Signed evidence packs: how they are written, and how anybody verifies one. No database, no data folder.

- signing: the key of an installation, its fingerprint, signatures
- contents: what a pack is made of besides the job's rows
- pack: the zip, its checksums and its signature
- members: one zip read without trust
- verify: what is wrong with a pack, file by file
"""
