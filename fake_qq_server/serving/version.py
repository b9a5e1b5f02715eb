"""The option `--version` of all commands."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn


class ShowVersion(argparse.Action):
    """Prints the version; reading it from the installed package takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> NoReturn:
        """Print it, and exit with 0."""
        from importlib.metadata import version

        print(f"qqchaos {version('qqchaos')}")
        parser.exit()


def add_version_option(parser: argparse.ArgumentParser) -> None:
    """Give a command line `--version`."""
    parser.add_argument(
        "--version", action=ShowVersion, nargs=0, default=argparse.SUPPRESS, help="print the version"
    )
