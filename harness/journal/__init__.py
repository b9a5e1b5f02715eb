"""The ordered record of everything that happened in a run: its kinds, its lines, its writer and its repair.

Runs on both sides: the worker writes with `writer`, the parent reads with `record` and mends with `repair`.
Knows the platform's events and nothing else of ours.
"""
