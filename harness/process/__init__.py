"""Each run in a process of its own: fork server, limits, watchdog, and how each worker ended.

Parent: `supervisor`, `shared_resources`, `worker_monitor`, `watchdog`, `folder_usage`, `foreground`,
`fork_client`, `result`, `private_dirs`, `parent_signals`. Under the subject's interpreter, on the standard
library and what is lent: `bootstrap`, `fork_server`, `child_setup`, `lent_imports`. Both: `worker_spec`,
`heartbeat_page`, `procfs`, `walls`.
"""
