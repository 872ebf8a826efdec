"""Where the files of an installation are kept: in the data folder, or in an object store.

In reading order:

- `address`: the address of an object store, such as s3://bucket/prefix.
- `calls`: one call of a store, tried again with bounds, and its errors as ours.
- `clients`: the clients of the packages, and missing buckets.
- `objects`: put, read, list and delete objects by key, and sign links to them.
- `copies`: copies of objects on this host's disk, for what needs a path.
- `identity`: the id and the key that hosts share through the store.
- `installation`: the object store and the copies that the settings name.
- `inputs`: buckets whose objects jobs may read.
- `named_files`: files that keep a name, such as reports.
- `shared_folder`: a folder that goes on at another host, such as that of a training.
"""
