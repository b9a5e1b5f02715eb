"""The commands, one file a kind, and what they share: series of runs, fix tables, this machine, reports.

Runs in the parent only. Each command takes a frozen request (`request`) and returns an exit status. Never
imports `harness.worker`: a worker is reached through `harness.process`.
"""
