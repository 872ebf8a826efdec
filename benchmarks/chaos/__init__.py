"""The parts of the service under random faults, and what is left of the photos afterwards.

In reading order:

- size: how much a run does
- inputs: photos, and the web servers that a crawl reads
- requests: a job of every kind
- clock: a clock that can be set while the service runs
- parts: the service's processes, each started as Docker Compose starts it
- world: all of that for one run
- faults: what happens to it, by seed
- counters, results, invariants: what must hold afterwards, whatever happened
- run: one run from its first job to its findings
- processes: several runs, each in a process of its own
- table: the findings of many runs as Markdown and JSON
"""
