"""The process level: the installed program as it is, under a service manager, seen from outside.

    supervisor.py   in the parent: one run at a time, each in a process and namespaces of its own
    main.py         that process: the platform, the proxy, the program; from its start to the journal's end
    scaled_time.py  a clock and an event loop whose time passes at a rate
    faketime.py     the same rate for the program, by libfaketime
    pace.py         how fast time may pass at each moment of a run
    sentinel.py     whether time passed too fast for this machine
    service.py      who keeps the program: nobody (`Alone`), or a real systemd (`systemd.py`)
    observer.py     what is seen of it: log, status file, process

docs/process-level.md says what that shows and what it cannot.
"""
