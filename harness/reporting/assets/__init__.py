"""Style sheets and the script of pages, as files of their own."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """The text of a file in this folder, such as "page.css"."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
