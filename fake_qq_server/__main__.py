"""`python -m fake_qq_server`: the fake platform on loopback, in real time, for a real bot.

`qqchaos serve` is the same, and reads scenario files and writes a journal besides.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from fake_qq_server.serving.command_line import Parser
from fake_qq_server.serving.options import OPTIONS, Settings, settings
from fake_qq_server.serving.program import Program
from fake_qq_server.serving.version import add_version_option


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(
        prog="python -m fake_qq_server",
        description=__doc__.splitlines()[0],
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    add_version_option(made)
    for option in OPTIONS:
        made.add_argument(*option.names, **option.how)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit status: 0 ended, 1 the fake failed, 2 wrong usage or a port is taken."""
    given = vars(parser().parse_args(arguments))
    asked = Settings(**settings(given))
    if asked.given_twice is not None:
        parser().error(f"the app id {asked.given_twice} is given twice")
    return Program(asked).run()


if __name__ == "__main__":
    sys.exit(main())
