"""Scenario files: read, checked, laid out into runs, chosen by name, told in words.

Files are read in the parent only; `parse_run` and what it needs also run in the worker, which is told its run
as JSON. Knows the platform's rule language and nothing else of ours.
"""
