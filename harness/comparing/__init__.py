"""What runs did, against what other runs did: baselines, differences, tables. Runs in the parent.

rows.py        what is compared of one run
outcomes.py    reads outcome.json files
baseline.py    reads and writes known results, and finds those of a release
reasons.py     why a check is known to fail
changes.py     better, worse, different, new, gone; pure
table.py       runs by subjects, with what flips where; pure
"""
