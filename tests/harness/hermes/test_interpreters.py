"""Finding a Python and a uv that run: names on PATH are not trusted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.errors import SubjectError, UsageError
from harness.hermes import interpreters
from tests.harness.hermes.fake_index import shim


def test_a_shim_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minor = sys.version_info[:2]
    monkeypatch.setattr(
        interpreters, "current", lambda: interpreters.Interpreter(Path("x"), (3, 1, 0), Path("x"))
    )
    monkeypatch.setattr(interpreters, "working_uv", lambda: None)
    shim(tmp_path / "a", f"python{minor[0]}.{minor[1]}", "exit 127")
    shim(tmp_path / "b", f"python{minor[0]}.{minor[1]}", f'exec {sys.executable} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreters.named(f"{minor[0]}.{minor[1]}").path.parent == tmp_path / "b"
    assert interpreters.named(f"python{minor[0]}.{minor[1]}").version == sys.version_info[:3]
    with pytest.raises(UsageError, match=r"no Python 3\.99 found that runs"):
        interpreters.named("3.99")
    with pytest.raises(UsageError, match="is not a Python that runs"):
        interpreters.named(str(tmp_path / "a" / f"python{minor[0]}.{minor[1]}"))
    with pytest.raises(UsageError, match="no Python of that name"):
        interpreters.named("pypy")


def test_a_uv_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim(tmp_path / "a", "uv", "exit 127")
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none" / "python"))
    interpreters.working_uv.cache_clear()
    assert interpreters.working_uv() is None
    shim(tmp_path / "b", "uv", "echo uv 1.2.3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    interpreters.working_uv.cache_clear()
    assert interpreters.working_uv() == tmp_path / "b/uv"
    interpreters.working_uv.cache_clear()


UV_SAYS = "  x No solution found:\n  ╰─▶ Because there is no version\n      of x, no.\n"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (UV_SAYS, "Because there is no version of x, no."),
        ("ERROR: one\nERROR: two\nsome notice\n", "ERROR: two"),
        ("Traceback\n  line\nValueError: x\n\n", "ValueError: x"),
        ("", "no output"),
    ],
)
def test_the_error_line_of_a_tool_is_the_one_that_says_most(output: str, words: str) -> None:
    assert interpreters.error_line(output) == words


def test_this_interpreter_answers_with_its_version_and_its_base() -> None:
    asked = interpreters.ask(Path(sys.executable))
    assert asked == interpreters.current()
    assert asked.version_text == ".".join(map(str, sys.version_info[:3]))
    assert asked.minor == sys.version_info[:2]


def test_without_a_named_python_a_release_gets_the_newest_that_hermes_runs_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = interpreters.Interpreter(Path("old"), (3, 10, 0), Path("old"))
    found = interpreters.Interpreter(Path("new"), (3, 12, 4), Path("new"))
    monkeypatch.setattr(interpreters, "current", lambda: old)
    monkeypatch.setattr(interpreters, "of_minor", {(3, 12): found, (3, 11): old}.get)
    assert interpreters.for_release() == found
    monkeypatch.setattr(interpreters, "of_minor", lambda minor: None)
    with pytest.raises(SubjectError, match=r"run on Python 3\.11, 3\.12, 3\.13; none of them found"):
        interpreters.for_release()


def test_another_python_does_not_inherit_what_is_set_for_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("LANG", "C")
    environment = interpreters.quiet_environment(HOME="/home")
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & set(environment)
    assert (environment["LANG"], environment["HOME"]) == ("C", "/home")
