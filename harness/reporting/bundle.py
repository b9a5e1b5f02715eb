"""A run in one file, for a bug report: `judge` and `report` take it on another machine.

    bundle.json       which versions of qqchaos and Python made it, and of what the run was
    outcome.json      the outcome, as `run` wrote it
    runs/….jsonl      the journal; secrets were never in it, and in its `x` the home folder becomes `~`
    scenario.json     the run's scenario, with variants and twins laid out

It is a ZIP file, and the same for the same run: nothing in it says when it was packed.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.comparing.outcomes import NAME
from harness.errors import UsageError
from harness.journal.record import Record
from harness.journal.run_kinds import RunOpen
from harness.user_files import MOST_BYTES, CannotRead, read_bytes

SCHEMA = 1
ABOUT = "bundle.json"
SCENARIO = "scenario.json"
SUFFIX = ".zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """What was packed. `where`: the file, for messages."""

    where: str
    files: zipfile.ZipFile

    def outcomes(self) -> str:
        """Its outcome.json. Raises CannotRead."""
        return self._text(NAME)

    def journal(self, name: str) -> str:
        """A journal, by the path that its outcome names. Raises CannotRead."""
        return self._text(name)

    def journals(self) -> dict[str, str]:
        """Every journal by its path. Raises CannotRead."""
        return {name: self._text(name) for name in self.files.namelist() if name.endswith(".jsonl")}

    def _text(self, name: str) -> str:
        try:
            info = self.files.getinfo(name)
            if info.file_size > MOST_BYTES:
                raise CannotRead(f"its {name} has more than {MOST_BYTES >> 20} MiB")
            return self.files.read(info).decode("utf-8")
        except KeyError:
            raise CannotRead(f"it has no {name}") from None
        except UnicodeDecodeError:
            raise CannotRead(f"its {name} is not UTF-8") from None
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as problem:
            raise CannotRead(f"its {name} is damaged: {problem}") from None


def opened(path: Path) -> Bundle | None:
    """The bundle at `path`; None where its name is not a bundle's. Raises UsageError for a damaged one."""
    if path.suffix != SUFFIX:
        return None
    try:
        return Bundle(str(path), zipfile.ZipFile(io.BytesIO(read_bytes(path))))
    except CannotRead as why:
        raise UsageError(f"{path} cannot be read: {why}") from None
    except (zipfile.BadZipFile, ValueError) as problem:
        raise UsageError(f"{path} is no bundle of `qqchaos bundle`: {problem}") from None


def packed(
    outcome: Mapping[str, Any], records: Sequence[Record], versions: Mapping[str, str], home: str
) -> bytes:
    """The file's bytes. `outcome` is one of outcome.json's; `home` the folder that is not to be named."""
    first = records[0].event if records else None
    scenario = first.scenario if isinstance(first, RunOpen) else {}
    about = {"schema": SCHEMA, "run": outcome["scenario"], "level": outcome["level"], "versions": versions}
    journal = "".join(replace(one, x=_without(home, one.x)).as_json() + "\n" for one in records)
    members = {
        ABOUT: _json(about),
        NAME: _json({"schema": SCHEMA, "outcomes": [outcome]}),
        str(outcome["journal"]): journal,
        SCENARIO: _json(scenario),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as files:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            files.writestr(info, text.encode("utf-8", "backslashreplace"))
    return target.getvalue()


def naming(data: bytes, text: str) -> list[str]:
    """The names of a bundle's files that have `text` in them all the same."""
    files = zipfile.ZipFile(io.BytesIO(data))
    return [name for name in files.namelist() if text.encode() in files.read(name)]


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, default=dict) + "\n"


def _without(home: str, value: Any) -> Any:
    """The same with `~` for the home folder in every text."""
    if isinstance(value, str):
        return value.replace(home, "~") if len(home) > 1 else value
    if isinstance(value, Mapping):
        return {key: _without(home, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(home, one) for one in value]
    return value
