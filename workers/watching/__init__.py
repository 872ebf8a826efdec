"""The watcher: a process that gives new photos of watched folders to jobs.

In reading order:

- process: one thread for each watched folder, and who does not answer
- folder: look at one folder again and again, and take what has stopped growing
- notices: notifications of the system, which only make a look come sooner
"""
