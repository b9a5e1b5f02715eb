"""What people and CI read of runs, made from outcomes and journals. Runs in the parent.

stored.py      reads what `run --out DIR` left, and bundles
runs.py        one run as a report tells it
repeat.py      the command that does a run again
story.py       a run in short, in words; lines.py of the terminal uses it too
bounds.py      what bounds the meaning of a run; the terminal says it too
junit.py       JUnit XML
markdown.py    a comment for a pull request, a summary for a step of CI
html.py        one page for all runs; matrix.py, run_page.py, wire_log.py and differences.py are its parts
lanes.py       a run over virtual time, as marks.py has it, faults.py first; scale.py folds what repeats
svg.py         draws that
bundle.py      a run in one file, for a bug report

All but `stored` and `bundle` are pure: data in, text out.
"""
