"""Fuzzed inputs over every port of a served platform, and clients that mean harm: `python -m tests.fuzz`."""
