"""The lane `--network toxiproxy`: a real Toxiproxy server between the subject and the fake platform.

`program`: where the server's program is, and how it is built. `server`: a process of it. `api`: what can be
asked of it, by the package toxiproxy-python. `lane`: all of that for one run. Parent only; nothing here is
imported unless the lane is used.
"""
