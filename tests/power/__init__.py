"""How many planted defects of the adapter the catalogue sees: `python -m tests.power --help`.

mutants.py    single-edit mutants of a source file, from a seed; pure
reach.py      which run executes which line of the adapter
measure.py    runs a mutant until a verdict changes
"""
