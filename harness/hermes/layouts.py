"""Where hermes-agent keeps its QQ adapter, and how the places are told apart.

A layout is recognised by what the adapter's source *can do*, read as a syntax tree and never imported:
version numbers lie (a checkout may call itself 0.0.0) and importing has side effects. The rows are
tried from the top; the first whose file is there and whose class has what the row asks for wins.

Source of the rows: the eleven wheels on PyPI and the upstream tree.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SubjectError


@dataclass(frozen=True)
class Layout:
    """One row: what a driver must know to import, redirect and watch the adapter.

    `endpoints` are names in `module` that hold an address *by value*: patch them there and nowhere else.
    `watched` are methods of `class_name` that a driver may wrap to observe. `budget` is the number of
    reconnect attempts, as shipped, after which the adapter gives up.
    """

    name: str
    module: str
    file: str
    class_name: str
    own_methods: tuple[str, ...]
    """Methods that the class must define itself."""
    connect_uses: str | None
    """An attribute of self that `connect()` must mention, or None."""
    endpoints: tuple[str, ...]
    watched: tuple[str, ...]
    budget: int
    drivable: bool
    description: str

    @property
    def package(self) -> str:
        """The top-level package that the adapter is imported from."""
        return self.module.partition(".")[0]


Method = ast.FunctionDef | ast.AsyncFunctionDef

_OWN_LOOP = ("_listen_loop", "_reconnect", "connect", "disconnect")
_WATCHED = ("_listen_loop", "_reconnect", "connect", "disconnect", "handle_message")
_ENDPOINTS = ("API_BASE", "TOKEN_URL")

LAYOUTS: tuple[Layout, ...] = (
    # C before B: the old loop is still in C's file, unused, so only what connect() does tells them apart.
    Layout(
        name="C",
        module="plugins.platforms.qqbot.adapter",
        file="plugins/platforms/qqbot/adapter.py",
        class_name="QQAdapter",
        own_methods=("connect", "disconnect"),
        connect_uses="_qq_ws",
        endpoints=(),
        watched=("connect", "disconnect", "handle_message"),
        budget=10_000,
        drivable=False,
        description="the adapter on Tencent's qqbot-agent-sdk, with a thread of its own",
    ),
    Layout(
        name="B",
        module="plugins.platforms.qqbot.adapter",
        file="plugins/platforms/qqbot/adapter.py",
        class_name="QQAdapter",
        own_methods=_OWN_LOOP,
        connect_uses="_listen_loop",
        endpoints=_ENDPOINTS,
        watched=_WATCHED,
        budget=100,
        drivable=True,
        description="a plugin with its own reconnect loop",
    ),
    Layout(
        name="A",
        module="gateway.platforms.qqbot.adapter",
        file="gateway/platforms/qqbot/adapter.py",
        class_name="QQAdapter",
        own_methods=_OWN_LOOP,
        connect_uses="_listen_loop",
        endpoints=_ENDPOINTS,
        watched=_WATCHED,
        budget=100,
        drivable=True,
        description="a package of the gateway with its own reconnect loop",
    ),
    # Before it became a package; only in checkouts older than every wheel.
    Layout(
        name="A1",
        module="gateway.platforms.qqbot",
        file="gateway/platforms/qqbot.py",
        class_name="QQAdapter",
        own_methods=_OWN_LOOP,
        connect_uses="_listen_loop",
        endpoints=_ENDPOINTS,
        watched=_WATCHED,
        budget=100,
        drivable=True,
        description="one file of the gateway with its own reconnect loop",
    ),
)


def recognise(root: Path) -> Layout:
    """The row that describes the adapter under `root`, the folder that would be on `sys.path`.

    A row that is known but cannot be driven is returned too; see `drivable()`.
    Raises SubjectError where no row fits, naming the files that were looked at.
    """
    looked_at: list[str] = []
    for row in LAYOUTS:
        path = root / row.file
        if not path.is_file():
            continue
        if row.file not in looked_at:
            looked_at.append(row.file)
        if _fits(row, path):
            return row
    if looked_at:
        raise SubjectError(
            f"{root}: {' and '.join(looked_at)}: an adapter of a layout that is not known here "
            f"(known: {', '.join(f'{row.name}, {row.description}' for row in sorted(LAYOUTS, key=_by_name))})"
        )
    raise SubjectError(
        f"{root}: no QQ adapter found; looked for {', '.join(dict.fromkeys(row.file for row in LAYOUTS))}"
    )


def drivable(root: Path) -> Layout:
    """`recognise()`, and SubjectError for a layout that is known but cannot be driven yet."""
    row = recognise(root)
    if not row.drivable:
        raise SubjectError(
            f"{root}: layout {row.name} ({row.description}) is known, but cannot be driven yet"
        )
    return row


def find_method(tree: ast.Module, class_name: str, method: str) -> Method | None:
    """The definition of `class_name.method` in a module's tree, or None; inherited ones do not count."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for item in node.body:
                if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name == method:
                    return item
    return None


def _by_name(row: Layout) -> str:
    return row.name


def _fits(row: Layout, path: Path) -> bool:
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as problem:
        # Half a merge, or syntax newer than this interpreter: worth its own sentence.
        raise SubjectError(f"{path}:{problem.lineno}: is not Python: {problem.msg}") from problem
    found = {name: find_method(tree, row.class_name, name) for name in row.own_methods}
    if not all(found.values()):
        return False
    connect = found["connect"]
    return row.connect_uses is None or (connect is not None and _mentions(connect, row.connect_uses))


def _mentions(function: ast.AST, attribute: str) -> bool:
    """Whether the function's body says `self.<attribute>` anywhere."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        for node in ast.walk(function)
    )
