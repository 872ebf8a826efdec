"""Commands that drive a service by its API: a remote one by `--url`, else the data folder, in one way.

In reading order:

- `exit_status`: what a command's status means, and which error has which
- `stored_token`: the token of an address in the system's keyring
- `connection`: the client of a remote service, or of the data folder without a server
- `declaring`: what the declarations of all these commands share
- `output`: tables and progress on a terminal, plain lines elsewhere, JSON where asked for
- `local_work`, `following`: wait for a job, and do its work here where no service runs
- `kind_options`: `--option NAME=VALUE` by the schema of a job kind
- one module for each topic with the commands themselves

Modules with commands import little, since `maskloop --help` imports them all: what a command needs it imports
when it is called.
"""
