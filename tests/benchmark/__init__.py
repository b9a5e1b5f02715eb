"""What a run costs, against floors measured in the same minutes: `python -m tests.benchmark`."""
