"""Which records somebody asks for: their kind, and values that their fields have. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from fake_qq_server.client import shapes
from fake_qq_server.events import KINDS
from fake_qq_server.rules.language_errors import LanguageError, quoted, suggest

AROUND = ("conn", "bot", "rule")
"""What a record has around its fields, and may be asked for."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    kind.KIND: (*(field.name for field in fields(kind)), *AROUND) for kind in KINDS
}
"""What each kind of record may be asked for."""


def check_filter(kind: str | None, where: Mapping[str, Any]) -> None:
    """Whether there can be such a record, of this kind (None: any) and with these fields. Without this a
    word that is misspelt would wait for its whole time-out.

    Raises:
        LanguageError: no record is of this kind, or none of this kind has such a field.
    """
    if kind is not None and kind not in FIELDS:
        raise LanguageError(("kind",), f"no record is of the kind {quoted(kind)}: {suggest(kind, FIELDS)}")
    known = FIELDS[kind] if kind is not None else {name for names in FIELDS.values() for name in names}
    for name in where:
        if name not in known:
            of = f"{kind} has" if kind is not None else "any record has"
            raise LanguageError(("where", name), f"no field of this name {of}: {suggest(name, known)}")


def matches(row: shapes.Record, kind: str | None, where: Mapping[str, Any]) -> bool:
    """Whether a record is of this kind (None: any), and has these values among its fields or around them."""
    return kind in (None, row["k"]) and all(
        key in known and known[key] == value
        for known in ({**row["d"], "conn": row["conn"], "bot": row["bot"], "rule": row["rule"]},)
        for key, value in where.items()
    )
