"""Thousands of wrong files and command lines: each ends with the right status and a sentence, and none with a
traceback, or not at all. `python -m tests.hardening`."""
