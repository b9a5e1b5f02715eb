"""`doctor`: the interpreter, hermes, aiohttp, and what each level lacks on this machine."""

from __future__ import annotations

import argparse
import dataclasses
import json

from harness.commands.machine import examine, render


def doctor(args: argparse.Namespace) -> int:
    """Print what was found; 0 where the adapter level can run, else 125."""
    diagnosis = examine(args.hermes, args.python)
    if args.json:
        print(json.dumps(dataclasses.asdict(diagnosis), ensure_ascii=False, indent=1))
    else:
        print("\n".join(render(diagnosis)))
    return diagnosis.exit_status
