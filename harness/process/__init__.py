"""The wall between parent and child: fork server, limits, watchdog, what became of a worker.

The supervisor, its client of the fork server and the watchdog run in the parent; `fork_server` and
`child_setup` run under the subject's interpreter, on the standard library alone.
"""
