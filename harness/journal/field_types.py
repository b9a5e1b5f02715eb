"""Whether a journal's values are of the types that its kinds declare. Pure.

Words are not compared with the declared ones: a journal of a later version may have another. A number where
a word belongs is what this refuses, for a check would stumble over it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from fake_qq_server.events import Event

Fits = Callable[[Any], bool]


def wrong_field(kind: type[Event], values: Mapping[str, Any]) -> str | None:
    """The name of the first field whose value is of another type than the kind declares; null if none."""
    checks = _CHECKS.get(kind)
    if checks is None:
        hints = get_type_hints(kind)
        checks = _CHECKS[kind] = {name: _fits(hint) for name, hint in hints.items() if name != "KIND"}
    return next((name for name, value in values.items() if not checks[name](value)), None)


_CHECKS: dict[type[Event], dict[str, Fits]] = {}


def _fits(hint: Any) -> Fits:
    """What a value must be for a declared type, after JSON made lists of tuples and dicts of all mappings."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        choices = [_fits(arg) for arg in args]
        return lambda value: any(fits(value) for fits in choices)
    if origin is Literal:
        return _instance(tuple({type(arg) for arg in args}))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _instance((dict,))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = _fits(args[0]) if args else _anything
        return lambda value: isinstance(value, list | tuple) and all(map(item, value))
    if is_dataclass(hint):  # FixRef; journals of the first version have its name alone
        return _instance((dict, str))
    if hint is float:
        return _instance((int, float))
    return _instance((hint,)) if isinstance(hint, type) and hint is not object else _anything


def _instance(wanted: tuple[type, ...]) -> Fits:
    """True and false are no numbers here."""
    if bool in wanted:
        return lambda value: isinstance(value, wanted)
    return lambda value: isinstance(value, wanted) and not isinstance(value, bool)


def _anything(value: Any) -> bool:
    del value
    return True
