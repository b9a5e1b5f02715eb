"""Single-edit mutants: each kind of edit, what is left alone, and that a sample is what its seed says."""

from __future__ import annotations

import pytest

from tests.power.mutants import compiles, mutants, sample

MODULE = b'''
LIMIT = 3
def other(a):
    return a < 3
async def send(self, chat, limit=9):
    """Sends \xc3\xa9."""
    logger.info("sending %s", chat)
    if not chat and \\
            limit < 2:
        self.seq = limit + 1
    return {"ok": True}
'''


def texts() -> dict[str, str]:
    """By what is edited: the line that comes of it."""
    before = MODULE.decode().splitlines()
    return {
        one.what: next(
            new
            for new, old in zip(one.applied(MODULE).decode().splitlines(), before, strict=False)
            if new != old
        ).strip()
        for one in mutants(MODULE, ["send"])
    }


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("without not chat", "if (chat) and \\"),
        ("compare limit < 2", "(limit <= 2):"),
        ("const 2+1", "limit < 3:"),
        ("drop self.seq = limit + 1", "pass"),
        ("binop limit + 1", "self.seq = (limit - 1)"),
        ("str 'ok'+X", "return {'okX': True}"),
        ("const True", 'return {"ok": False}'),
        ("None for return {'ok': True}", "return None"),
    ],
)
def test_each_kind_of_edit_changes_one_place(what: str, line: str) -> None:
    assert texts()[what] == line


def test_log_calls_docstrings_defaults_and_other_functions_are_left_alone() -> None:
    names = " ".join(one.name for one in mutants(MODULE, ["send"]))
    assert "sending" not in names
    assert "Sends" not in names
    assert "const 9" not in names
    assert "other" not in names
    assert all(one.function == "send" for one in mutants(MODULE, ["send"]))


def test_a_mutant_knows_the_lines_of_the_statement_that_holds_it() -> None:
    held = {one.what: list(one.lines) for one in mutants(MODULE, ["send"])}
    assert held["const 2+1"] == [8, 9]
    assert held["binop limit + 1"] == [10]


def test_a_larger_sample_begins_with_the_smaller_one_of_the_same_seed() -> None:
    assert sample(MODULE, ["send"], compiles, 9, seed=1)[:4] == sample(MODULE, ["send"], compiles, 4, seed=1)
    assert sample(MODULE, ["send"], compiles, 9, seed=1) != sample(MODULE, ["send"], compiles, 9, seed=2)


def test_what_does_not_compile_is_not_drawn() -> None:
    source = b"def send(self):\n    'x'\n    return f(a='b', **{'c': 1})\n"
    assert all(
        compile(one.applied(source), "x", "exec") for one in sample(source, ["send"], compiles, 99, seed=0)
    )
