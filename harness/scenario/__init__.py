"""Scenario files: read, checked, laid out into runs, chosen by name, told in words.

Files are read in the parent only; `run_spec` and what it needs also run in the worker, which is told its run
as JSON. Knows the platform's rule language and nothing else of ours.
"""
