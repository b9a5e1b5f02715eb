"""What a journal proves: intervals and facts, checks, the ending, the verdict.

Runs in the parent only. Pure: records in, an outcome out; no file, no clock, no process.
"""
