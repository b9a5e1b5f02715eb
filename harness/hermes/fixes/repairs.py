"""Defects of the adapter, other than its exits, that a fix may repair: found in the source, never by version.

Each function looks at one method's syntax tree, returns whether it has the defect, and repairs it with as few
new nodes as possible, which carry the line numbers of what they stand beside. Where the defect is absent, or
the method is of a shape that is not known here, it changes nothing. Standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from harness.hermes.fixes.table import DETACHED
from harness.hermes.fixes.trees import LOOP, blocks, is_bare_return
from harness.hermes.layouts import find_method

READ = "_read_events"
SOCKET = "_ws"
ARGUMENT = "is_reconnect"

_RAISE = f"if self.{SOCKET}.closed:\n    raise RuntimeError('WebSocket closed')"


def closed_socket(tree: ast.Module, class_name: str) -> bool:
    """Make reading from an already closed socket raise, as reading from one that closes meanwhile does.

    As shipped, `_read_events` returns at once and without an error; the listener calls it again, for ever and
    without waiting, and the event loop does nothing else any more (#17703, #42271; repaired in 0.17.0).
    The test is inserted before the loop that reads.
    """
    read = find_method(tree, class_name, READ)
    if not isinstance(read, ast.AsyncFunctionDef) or any(_asks_whether_closed(one) for one in read.body):
        return False
    at = next((n for n, one in enumerate(read.body) if isinstance(one, ast.While)), None)
    if at is None or not _mentions_closed(read.body[at]):
        return False
    read.body[at:at] = _beside(ast.parse(_RAISE).body, read.body[at])
    return True


def is_reconnect(tree: ast.Module, class_name: str) -> bool:
    """Let connect() accept the argument `is_reconnect`, and ignore it: QQ keeps no queue on its side.

    A gateway that passes it to an adapter which does not know it gets a TypeError, at the start and at every
    try after that (#52914, #54410; repaired in 0.19.0). A gateway that does not pass it sees no difference.
    """
    connect = find_method(tree, class_name, "connect")
    if connect is None or connect.args.kwarg is not None:
        return False
    known = (*connect.args.posonlyargs, *connect.args.args, *connect.args.kwonlyargs)
    if any(one.arg == ARGUMENT for one in known):
        return False
    connect.args.kwonlyargs.append(ast.copy_location(ast.arg(ARGUMENT), connect))
    connect.args.kw_defaults.append(ast.copy_location(ast.Constant(False), connect))
    return True


def fatal_close(tree: ast.Module, class_name: str) -> bool:
    """Notify the gateway wherever the listener's loop sets the fatal flag and returns.

    That is where the platform closes with a code after which no reconnect can succeed, and where three
    connections in a row were closed at once: the flag is set, the listener ends, and the gateway is not
    notified (#97857, #72673, #29007, #15510). A flag that is followed by anything else than `return` is left
    alone.
    """
    loop = find_method(tree, class_name, LOOP)
    found = [block for block in blocks(loop) if _flags_and_returns(block)] if loop else []
    for block in found:
        block[-1:-1] = _beside(ast.parse(DETACHED).body, block[-1])
    return bool(found)


def _flags_and_returns(block: list[ast.stmt]) -> bool:
    """Whether it ends with `self._set_fatal_error(...)` and a bare `return`."""
    match block[-2:]:
        case [
            ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr="_set_fatal_error"))),
            last,
        ]:
            return is_bare_return(last)
    return False


def _asks_whether_closed(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and _mentions_closed(statement)


def _mentions_closed(statement: ast.If | ast.While | ast.stmt) -> bool:
    """Whether the statement's own test says `self._ws.closed`."""
    test = getattr(statement, "test", None)
    return test is not None and any(ast.unparse(one) == f"self.{SOCKET}.closed" for one in ast.walk(test))


def _beside(statements: list[ast.stmt], neighbour: ast.stmt) -> list[ast.stmt]:
    for statement in statements:
        for node in ast.walk(statement):
            ast.copy_location(node, neighbour)
    return statements


REPAIRS: Mapping[str, Callable[[ast.Module, str], bool]] = {
    "closed-socket": closed_socket,
    "is-reconnect": is_reconnect,
    "fatal-close": fatal_close,
}
"""By name, as `NamedFix.repairs` lists them; each returns whether there was anything to repair."""

__all__ = ["REPAIRS", "closed_socket", "fatal_close", "is_reconnect"]
