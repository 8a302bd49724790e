"""Measurements of this machine: procession side by side with whatever does the same job.

`python -m procession bench` runs a few of them against the stdlib; the project's benchmarks run all, against more contestants.
"""

__all__: list[str] = []
