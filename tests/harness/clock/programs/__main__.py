"""`python -m tests.harness.clock.programs MODULE NAME [SEED ARGUMENT ...]`: one program under a fresh clock.

The clock's hooks are process-wide, so every program has a process of its own. Printed is one line of JSON:
the program's result, the virtual time it ended at and the turns it took.
"""

from __future__ import annotations

import importlib
import json
import sys

from harness import clock


def main(module: str, name: str, seed: str = "0", *arguments: str) -> None:
    clock.install()
    program = getattr(importlib.import_module(f"tests.harness.clock.programs.{module}"), name)
    if seed != "never":
        clock.begin(seed=int(seed))
    got = program(*(json.loads(argument) for argument in arguments))
    print(json.dumps({"got": got, "now_us": clock.BATON.now_us, "turns": clock.BATON.turns}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
