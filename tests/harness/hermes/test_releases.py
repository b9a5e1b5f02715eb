"""Environments with one release: built once, under a lock, and never half. The index is a folder."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SubjectError, UsageError
from harness.hermes import interpreters, provenance, releases
from harness.hermes.environments import release_to_install, resolve
from harness.hermes.installation import Installation
from tests.harness.hermes.fake_index import forbid_processes, installed

HERE = str(Path(__file__).parents[3])

MakeTree = Callable[..., Path]


def test_a_release_is_made_once_with_the_aiohttp_that_it_pins(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    first = resolve("0.19.0", cache=tmp_path / "cache", say=said.append)
    assert installed(index) == ["hermes-agent==0.19.0", "done", "aiohttp==3.13.3", "done"]
    forbid_processes(monkeypatch)
    assert resolve("v0.19.0", cache=tmp_path / "cache", say=said.append) == first
    assert len(installed(index)) == 4
    assert said == [f"making an environment with hermes-agent 0.19.0 and Python {first.python}, once"]
    assert (first.version, first.source, first.aiohttp, first.layout.name) == (
        "0.19.0",
        "release",
        "3.13.3",
        "A",
    )
    assert first.path_entries == ()
    assert first.commit is None
    assert first.root.is_relative_to(tmp_path / "cache")
    assert first.interpreter.is_relative_to(tmp_path / "cache")
    assert first.sha256 == provenance.content_hash(index / "tree")


def test_a_changed_copy_in_the_cache_has_another_hash(index: Path, tmp_path: Path) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    with (first.root / first.layout.file).open("a") as adapter:
        adapter.write("# tried something\n")
    again = resolve("0.19.0", cache=tmp_path / "cache")
    assert again.sha256 != first.sha256


def test_a_folder_without_its_ready_file_is_built_again(index: Path, tmp_path: Path) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    folder = first.interpreter.parent.parent
    (folder / releases.READY).unlink()
    (folder / "rubbish").touch()
    assert resolve("0.19.0", cache=tmp_path / "cache") == first
    assert not (folder / "rubbish").exists()
    assert len(installed(index)) == 8


@pytest.mark.parametrize("left", ["{}", "[]", '{"root": 3}', "no JSON", "[" * 100_000])
def test_an_environment_whose_facts_make_no_sense_is_made_again(
    index: Path, tmp_path: Path, left: str
) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    folder = first.interpreter.parent.parent
    (folder / releases.READY).write_text(left)
    assert release_to_install("0.19.0", cache=tmp_path / "cache") == "0.19.0"
    assert resolve("0.19.0", cache=tmp_path / "cache") == first


def test_an_environment_without_its_interpreter_is_made_again(index: Path, tmp_path: Path) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    first.interpreter.unlink()
    assert resolve("0.19.0", cache=tmp_path / "cache") == first
    assert first.interpreter.exists()


def test_of_three_builders_at_once_one_builds_and_the_others_wait(index: Path, tmp_path: Path) -> None:
    (index / "slow").touch()
    found: list[Installation] = []
    threads = [
        threading.Thread(target=lambda: found.append(resolve("0.19.0", cache=tmp_path / "cache")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1
    assert len(installed(index)) == 4


def test_a_build_waits_for_the_tool_of_a_builder_that_was_killed(index: Path, tmp_path: Path) -> None:
    (index / "slow").touch()
    code = f"""
        import sys
        sys.path.insert(0, {HERE!r})
        from pathlib import Path
        from harness.hermes import environments, releases
        releases.TOOLS = {{"pip": releases.Tool("pip", {releases.TOOLS["pip"].make!r},
                                                {releases.TOOLS["pip"].install!r})}}
        releases.working_uv = lambda: None
        environments.resolve("0.19.0", cache=Path({str(tmp_path / "cache")!r}))
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)]) as builder:
        deadline = time.monotonic() + 20
        while installed(index) != ["hermes-agent==0.19.0"] and time.monotonic() < deadline:
            time.sleep(0.01)
        builder.send_signal(signal.SIGKILL)
    resolve("0.19.0", cache=tmp_path / "cache")
    # The orphan ended its step before the second build began its own.
    assert installed(index)[:3] == ["hermes-agent==0.19.0", "done", "hermes-agent==0.19.0"]


def test_an_unknown_release_is_a_usage_error_that_names_the_known_ones(index: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no release 9\.9\.9; there are 0\.13\.0, .*0\.19\.0$"):
        resolve("9.9.9", cache=tmp_path / "cache")
    assert list((tmp_path / "cache/environments").iterdir()) == []


def test_a_failed_build_reports_the_error_line_of_the_tool(index: Path, tmp_path: Path) -> None:
    (index / "broken").touch()
    with pytest.raises(SubjectError, match=r"could not be installed: pip: ERROR: cannot reach the index$"):
        resolve("0.19.0", cache=tmp_path / "cache")
    assert release_to_install("0.19.0", cache=tmp_path / "cache") == "0.19.0"


def test_a_release_that_cannot_be_imported_is_not_kept(index: Path, tmp_path: Path) -> None:
    (index / "tree/gateway/__init__.py").write_text("import not_there\n")
    with pytest.raises(SubjectError, match=r"cannot be imported: ModuleNotFoundError: .*not_there"):
        resolve("0.19.0", cache=tmp_path / "cache")
    assert release_to_install("0.19.0", cache=tmp_path / "cache") == "0.19.0"


def test_an_index_that_cannot_be_reached_is_not_reported_as_an_unknown_release(
    index: Path, tmp_path: Path
) -> None:
    says = "(from versions: none)\nERROR: No matching distribution found for hermes-agent==0.19.0\n"
    (index / "install.py").write_text(f"import sys\nsys.exit({says!r})\n")
    with pytest.raises(SubjectError, match="the package index cannot be reached"):
        resolve("0.19.0", cache=tmp_path / "cache")


def test_the_aiohttp_pin_is_that_of_the_messaging_extra(tmp_path: Path, tree: MakeTree) -> None:
    assert releases.aiohttp_requirement(tree(tmp_path)) == "aiohttp==3.13.3"
    with pytest.raises(SubjectError, match="names no aiohttp"):
        releases.aiohttp_requirement(tmp_path / "nothing")


def test_the_cache_is_under_xdg_cache_home_or_else_under_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert releases.default_cache() == tmp_path / "qqchaos"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/somebody")
    assert releases.default_cache() == Path("/somebody/.cache/qqchaos")


def test_uv_never_downloads_a_python() -> None:
    uv = releases.TOOLS["uv"]
    assert "--no-python-downloads" in uv.make
    assert "--no-python-downloads" in uv.install
    assert "--compile-bytecode" in uv.install


def test_a_python_that_hermes_does_not_run_on_is_refused_before_anything_is_installed(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = interpreters.Interpreter(Path("/x/python3.10"), (3, 10, 1), Path("/x/python3.10"))
    monkeypatch.setattr(interpreters, "named", lambda _: old)
    with pytest.raises(SubjectError, match=r"does not run on Python 3\.10\.1"):
        resolve("0.19.0", "3.10", tmp_path / "cache")
    assert installed(index) == []
