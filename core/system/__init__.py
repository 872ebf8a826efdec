"""What an operator asks of a running service; the System page and `maskloop system` show it.

- patience: ask something that may hang, and give up in time
- disk: free space, and what takes how much of the data folder
- health: the checks of `/health`
- store: signs of life of the processes
- queries: who works on what, what waits, and the database itself
- settings_in_force: every setting with its value; secrets are hidden
"""
