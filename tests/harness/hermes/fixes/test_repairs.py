"""What a fix repairs beside the exits: found by what the source lacks, left alone where it lacks nothing."""

from __future__ import annotations

import ast
import asyncio
from typing import Any

import pytest

from harness.hermes.environments import resolve
from harness.hermes.fixes.repairs import REPAIRS, closed_socket, fatal_close, is_reconnect
from harness.hermes.fixes.rewrite import rewrite
from harness.hermes.fixes.table import FIXES

HEAD = """
class QQAdapter:
    _running = True

    async def connect(self{more}):
        return True

    async def _read_events(self):
        if not self._ws:
            raise RuntimeError("WebSocket not connected")
"""
LOOP = """
        while self._running and self._ws and not self._ws.closed:
            await self._ws.receive()
"""
TEST = """
        if self._ws.closed:
            raise RuntimeError("WebSocket closed")
"""


class Socket:
    def __init__(self, closed: bool) -> None:
        self.closed = closed

    async def receive(self) -> None:
        self.closed = True


def adapter(source: str, name: str) -> tuple[Any, bool]:
    """An adapter of that source with one repair applied, and whether there was anything to repair."""
    tree = ast.parse(source)
    done = REPAIRS[name](tree, "QQAdapter")
    space: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(tree), "adapter.py", "exec"), space)
    return space["QQAdapter"](), done


class TestClosedSocketRepair:
    async def test_reading_a_closed_socket_raises(self) -> None:
        subject, done = adapter(HEAD.format(more="") + LOOP, "closed-socket")
        subject._ws = Socket(closed=True)
        assert done
        with pytest.raises(RuntimeError, match="WebSocket closed"):
            await subject._read_events()

    async def test_a_socket_that_closes_while_it_is_read_is_read_to_its_end(self) -> None:
        subject, _ = adapter(HEAD.format(more="") + LOOP, "closed-socket")
        subject._ws = Socket(closed=False)
        await subject._read_events()
        assert subject._ws.closed

    async def test_a_missing_socket_raises_as_before(self) -> None:
        subject, _ = adapter(HEAD.format(more="") + LOOP, "closed-socket")
        subject._ws = None
        with pytest.raises(RuntimeError, match="not connected"):
            await subject._read_events()

    @pytest.mark.parametrize(
        "source",
        [
            HEAD.format(more="") + TEST + LOOP,  # repaired already
            HEAD.format(more=""),  # nothing that reads
            HEAD.format(more="") + LOOP.replace(" and not self._ws.closed", ""),  # another loop
            (HEAD.format(more="") + LOOP).replace("_read_events", "_read"),
            (HEAD.format(more="") + LOOP).replace("class QQAdapter", "class Other"),
        ],
    )
    def test_an_adapter_without_the_defect_is_left_alone(self, source: str) -> None:
        tree = ast.parse(source)
        before = ast.dump(tree)
        assert not closed_socket(tree, "QQAdapter")
        assert ast.dump(tree) == before

    def test_the_new_test_has_the_line_number_of_the_loop_that_reads(self) -> None:
        source = HEAD.format(more="") + LOOP
        tree = ast.parse(source)
        closed_socket(tree, "QQAdapter")
        added = next(
            node for node in ast.walk(tree) if isinstance(node, ast.If) and "closed" in ast.dump(node)
        )
        assert source.splitlines()[added.lineno - 1].strip().startswith("while")


class TestIsReconnect:
    @pytest.mark.parametrize("more", ["", ", patience=1", ", *, patience=1"])
    def test_connect_accepts_is_reconnect_and_does_without_it(self, more: str) -> None:
        subject, done = adapter(HEAD.format(more=more), "is-reconnect")
        assert done
        assert asyncio.run(subject.connect(is_reconnect=True))
        assert asyncio.run(subject.connect())

    @pytest.mark.parametrize("more", [", is_reconnect=False", ", *, is_reconnect=False", ", **more"])
    def test_a_connect_that_accepts_is_reconnect_is_left_alone(self, more: str) -> None:
        tree = ast.parse(HEAD.format(more=more))
        before = ast.dump(tree)
        assert not is_reconnect(tree, "QQAdapter")
        assert ast.dump(tree) == before

    def test_a_class_without_connect_is_left_alone(self) -> None:
        assert not is_reconnect(ast.parse("class QQAdapter: pass"), "QQAdapter")


LISTENER = """
import asyncio

class QQAdapter:
    told = flagged = False

    def _set_fatal_error(self, *args, retryable):
        self.flagged = True

    async def _notify_fatal_error(self):
        self.told = True

    async def _listen_loop(self):
        while True:
            if True:
                self._set_fatal_error("qq_banned", "Bot is banned", retryable=False)
                {after}
"""


class TestFatalClose:
    @pytest.mark.parametrize("after", ["return", "return None"])
    async def test_a_loop_that_flags_and_returns_notifies_the_gateway_as_well(self, after: str) -> None:
        subject, done = adapter(LISTENER.format(after=after), "fatal-close")
        await subject._listen_loop()
        await asyncio.sleep(0)
        assert (done, subject.flagged, subject.told) == (True, True, True)

    @pytest.mark.parametrize(
        "source",
        [
            LISTENER.format(after="await self._notify_fatal_error(); return"),
            LISTENER.format(after="break"),
            LISTENER.format(after="return True"),
            LISTENER.format(after="return").replace("_listen_loop", "_listen"),
        ],
    )
    def test_a_flag_that_is_not_followed_by_a_bare_return_is_left_alone(self, source: str) -> None:
        tree = ast.parse(source)
        before = ast.dump(tree)
        assert not fatal_close(tree, "QQAdapter")
        assert ast.dump(tree) == before

    def test_the_new_notification_has_the_line_number_of_the_return(self) -> None:
        source = LISTENER.format(after="return")
        tree = ast.parse(source)
        fatal_close(tree, "QQAdapter")
        added = next(
            node for node in ast.walk(tree) if isinstance(node, ast.Assign) and "notify" in ast.dump(node)
        )
        assert source.splitlines()[added.lineno - 1].strip() == "return"


def test_only_the_reference_fix_repairs_more_than_the_exits() -> None:
    assert {name for name, fix in FIXES.items() if fix.repairs} == {"reference"}
    assert set(FIXES["reference"].repairs) == set(REPAIRS)


@pytest.mark.release
@pytest.mark.parametrize(
    ("release", "broken"),
    [
        ("0.13.0", {"closed-socket", "is-reconnect", "fatal-close"}),
        ("0.16.0", {"closed-socket", "is-reconnect", "fatal-close"}),
        ("0.19.0", {"fatal-close"}),
    ],
)
def test_each_release_has_exactly_the_defects_that_are_known_of_it(release: str, broken: set[str]) -> None:
    """is_reconnect is lacking long before a gateway passes it: harmless there, needed from 0.18.0 on."""
    found = resolve(release)
    source = (found.root / found.layout.file).read_bytes()
    tree = ast.parse(source)
    assert {name for name, repair in REPAIRS.items() if repair(tree, found.layout.class_name)} == broken
    fixed = rewrite(source, found.layout.file, found.layout.class_name, FIXES["reference"])
    assert not any(repair(fixed, found.layout.class_name) for repair in REPAIRS.values())
