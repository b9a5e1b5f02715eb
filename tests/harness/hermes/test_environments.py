"""`--hermes` and `--python`: found, built once, never mixed; each refusal one sentence. No network."""

from __future__ import annotations

import json
import os
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
from harness.hermes import environments, interpreters, provenance, releases
from harness.hermes.environments import resolve

MakeTree = Callable[..., Path]
HERE = str(Path(__file__).parents[3])

INSTALLER = '''\
"""Stands for pip: puts what is asked for into the environment of the interpreter that runs it."""
import pathlib, sys, time
here = pathlib.Path(__file__).parent
site = next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages"))
name, _, version = sys.argv[1].partition("==")
with (here / "log").open("a") as log:
    log.write(sys.argv[1] + "\\n")
if (here / "slow").exists():
    time.sleep(1.0)
if (here / "broken").exists():
    sys.exit("resolving...\\nERROR: cannot reach the index\\n")
if name == "hermes-agent" and version != "0.19.0":
    sys.exit("ERROR: No matching distribution found for " + sys.argv[1])
if name == "hermes-agent":
    import shutil
    shutil.copytree(here / "tree", site, dirs_exist_ok=True)
    names = {"httpx": "0.28.1"}
else:
    names = {name: version}
for name, version in names.items():
    (site / (name + ".py")).write_text("")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\\nVersion: {version}\\n")
(here / "log").open("a").write("done\\n")
'''


def package(folder: Path, name: str, version: str = "1.0") -> None:
    """A module with metadata, as pip leaves it."""
    (folder / f"{name}.py").write_text("")
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")


def make_venv(folder: Path, *names: str) -> Path:
    """A virtual environment with those modules; gives its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in names:
        package(site, name)
    return site


@pytest.fixture
def index(tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tool that stands for pip; its `log` says what was installed."""
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "install.py").write_text(INSTALLER)
    tree(folder / "tree")
    pip = releases.Tool(
        "pip",
        ("{python}", "-m", "venv", "--without-pip", "{folder}"),
        ("{inside}", str(folder / "install.py")),
    )
    monkeypatch.setattr(releases, "TOOLS", {"pip": pip})
    monkeypatch.setattr(releases, "working_uv", lambda: None)
    return folder


def log(index: Path) -> list[str]:
    return (index / "log").read_text().split() if (index / "log").exists() else []


# --- releases -------------------------------------------------------------------------------------------


def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, starting a process fails the test: what a finished environment costs is reading files."""
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))


def test_a_release_is_made_once_with_the_aiohttp_that_it_pins(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    first = resolve("0.19.0", cache=tmp_path / "cache", say=said.append)
    assert log(index) == ["hermes-agent==0.19.0", "done", "aiohttp==3.13.3", "done"]
    no_process(monkeypatch)
    assert resolve("v0.19.0", cache=tmp_path / "cache", say=said.append) == first
    assert len(log(index)) == 4
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


def test_an_interrupted_build_is_not_taken_for_one(index: Path, tmp_path: Path) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    folder = first.interpreter.parent.parent
    (folder / releases.READY).unlink()
    (folder / "rubbish").touch()
    assert resolve("0.19.0", cache=tmp_path / "cache") == first
    assert not (folder / "rubbish").exists()
    assert len(log(index)) == 8


def test_an_environment_without_its_interpreter_is_made_again(index: Path, tmp_path: Path) -> None:
    first = resolve("0.19.0", cache=tmp_path / "cache")
    first.interpreter.unlink()
    assert resolve("0.19.0", cache=tmp_path / "cache") == first
    assert first.interpreter.exists()


def test_of_two_builders_one_builds(index: Path, tmp_path: Path) -> None:
    (index / "slow").touch()
    found: list[environments.Installation] = []
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
    assert len(log(index)) == 4


def test_nobody_builds_where_the_tool_of_a_killed_builder_still_writes(index: Path, tmp_path: Path) -> None:
    (index / "slow").touch()
    code = f"""
        import sys
        sys.path.insert(0, {HERE!r})
        from pathlib import Path
        from harness import environments, releases
        releases.TOOLS = {{"pip": releases.Tool("pip", {releases.TOOLS["pip"].make!r},
                                                {releases.TOOLS["pip"].install!r})}}
        releases.working_uv = lambda: None
        environments.resolve("0.19.0", cache=Path({str(tmp_path / "cache")!r}))
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)]) as builder:
        deadline = time.monotonic() + 20
        while log(index) != ["hermes-agent==0.19.0"] and time.monotonic() < deadline:
            time.sleep(0.01)
        builder.send_signal(signal.SIGKILL)
    resolve("0.19.0", cache=tmp_path / "cache")
    # The orphan ended its step before the second build began its own.
    assert log(index)[:3] == ["hermes-agent==0.19.0", "done", "hermes-agent==0.19.0"]


def test_an_unknown_release_is_a_usage_error_with_the_known_ones(index: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no release 9\.9\.9; there are 0\.13\.0, .*0\.19\.0$"):
        resolve("9.9.9", cache=tmp_path / "cache")
    assert not list((tmp_path / "cache/environments").glob("*/"))


def test_a_failed_build_is_the_tools_last_word(index: Path, tmp_path: Path) -> None:
    (index / "broken").touch()
    with pytest.raises(SubjectError, match=r"could not be installed: pip: ERROR: cannot reach the index$"):
        resolve("0.19.0", cache=tmp_path / "cache")
    assert environments.not_made_yet("0.19.0", cache=tmp_path / "cache") == "0.19.0"


def test_a_release_that_cannot_be_imported_is_not_kept(index: Path, tmp_path: Path) -> None:
    (index / "tree/gateway/__init__.py").write_text("import not_there\n")
    with pytest.raises(SubjectError, match=r"cannot be imported: ModuleNotFoundError: .*not_there"):
        resolve("0.19.0", cache=tmp_path / "cache")
    assert environments.not_made_yet("0.19.0", cache=tmp_path / "cache") == "0.19.0"


UV_SAYS = "  x No solution found:\n  ╰─▶ Because there is no version\n      of x, no.\n"


def test_an_index_that_cannot_be_reached_is_no_unknown_release(index: Path, tmp_path: Path) -> None:
    says = "(from versions: none)\nERROR: No matching distribution found for hermes-agent==0.19.0\n"
    (index / "install.py").write_text(f"import sys\nsys.exit({says!r})\n")
    with pytest.raises(SubjectError, match="the package index cannot be reached"):
        resolve("0.19.0", cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (UV_SAYS, "Because there is no version of x, no."),
        ("ERROR: one\nERROR: two\nsome notice\n", "ERROR: two"),
        ("Traceback\n  line\nValueError: x\n\n", "ValueError: x"),
        ("", "no output"),
    ],
)
def test_last_words(output: str, words: str) -> None:
    assert releases.last_words(output) == words


def test_the_pin_is_that_of_the_messaging_extra(tmp_path: Path, tree: MakeTree) -> None:
    assert releases.aiohttp_requirement(tree(tmp_path)) == "aiohttp==3.13.3"
    with pytest.raises(SubjectError, match="names no aiohttp"):
        releases.aiohttp_requirement(tmp_path / "nothing")


def test_the_cache_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert releases.default_cache() == tmp_path / "qqchaos"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/somebody")
    assert releases.default_cache() == Path("/somebody/.cache/qqchaos")


# --- a path ---------------------------------------------------------------------------------------------


def test_a_checkout_with_its_venv(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "hermes", version=None)
    (root / "pyproject.toml").write_text('[project]\nname = "hermes-agent"\nversion = "0.0.0"\n')
    make_venv(root / ".venv", "aiohttp", "httpx")
    found = resolve(str(root))
    assert (found.source, found.version, found.aiohttp) == ("path", "0.0.0", "1.0")
    assert found.path_entries == (root,)
    assert found.interpreter == root / ".venv/bin/python"
    assert found.commit is None
    environments.check_import(found.layout, found.interpreter, found.path_entries)


def test_a_checkouts_commit(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "hermes", version=None)
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    commit = provenance.commit(root)
    assert commit is not None
    assert len(commit) == 40
    (root / "unrelated.txt").write_text("x")
    assert provenance.commit(root) == commit
    (root / "gateway/run.py").write_text("x = 1\n")
    assert provenance.commit(root) == f"{commit}-dirty"
    assert provenance.commit(root / "gateway") is None


@pytest.mark.parametrize("named", ["", "lib/python{}.{}/site-packages"])
def test_a_virtual_environment_or_its_site_packages(tmp_path: Path, tree: MakeTree, named: str) -> None:
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site)
    found = resolve(str(tmp_path / "venv" / named.format(*sys.version_info[:2])))
    assert (found.root, found.version) == (site, "0.19.0")
    assert found.path_entries == ()
    assert found.interpreter == tmp_path / "venv/bin/python"


def test_an_unpacked_wheel_needs_to_be_told_its_python(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    with pytest.raises(UsageError, match="say which Python has its dependencies with --python"):
        resolve(str(root))
    make_venv(tmp_path / "venv", "aiohttp", "httpx")
    found = resolve(str(root), str(tmp_path / "venv/bin/python"))
    assert (found.path_entries, found.source) == ((root,), "path")


def test_hermes_packages_from_elsewhere_are_not_mixed_in(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site, "B")
    resolve(str(root), str(tmp_path / "venv/bin/python"))  # the given path has all of them, and goes first
    (site / "hermes_extra.py").write_text("")
    with pytest.raises(
        SubjectError, match=r"mix two hermes-agents: hermes_extra would come from .*site-packages"
    ):
        resolve(str(root), str(tmp_path / "venv/bin/python"))


def test_a_namespace_that_would_be_spread_over_two_places_is_mixing(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "wheel")
    (root / "plugins/__init__.py").unlink()
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    tree(site, "A")
    with pytest.raises(SubjectError, match="mix two hermes-agents: plugins would come from"):
        resolve(str(root), str(tmp_path / "venv/bin/python"))


@pytest.mark.parametrize(("names", "missing"), [(("httpx",), "aiohttp"), (("aiohttp",), "httpx")])
def test_a_missing_dependency_is_one_sentence(
    tmp_path: Path, tree: MakeTree, names: tuple[str, ...], missing: str
) -> None:
    tree(make_venv(tmp_path / "venv", *names))
    with pytest.raises(SubjectError, match=f"has no {missing}, which the QQ adapter needs") as raised:
        resolve(str(tmp_path / "venv"))
    assert ("aiohttp==3.13.3" in str(raised.value)) == (missing == "aiohttp")


def test_what_cannot_be_driven_ends_before_any_python_is_started(
    tmp_path: Path, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_process(monkeypatch)
    with pytest.raises(SubjectError, match="cannot be driven yet"):
        resolve(str(tree(tmp_path / "c", "C")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubjectError, match="no hermes-agent there"):
        resolve(str(tmp_path / "empty"))
    with pytest.raises(UsageError, match="neither a release"):
        resolve(str(tmp_path / "none"))
    (tmp_path / "x.whl").touch()
    with pytest.raises(UsageError, match="unpack it"):
        resolve(str(tmp_path / "x.whl"))


def test_an_import_that_fails_is_its_last_line(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "hermes")
    (root / "gateway/__init__.py").write_text("import nowhere_at_all\n")
    make_venv(root / ".venv", "aiohttp", "httpx")
    found = resolve(str(root))
    with pytest.raises(SubjectError, match=r"cannot be imported: ModuleNotFoundError: .*nowhere_at_all"):
        environments.check_import(found.layout, found.interpreter, found.path_entries)


# --- what is installed ----------------------------------------------------------------------------------


def test_the_installed_one_goes_before_a_release(index: Path, tmp_path: Path, tree: MakeTree) -> None:
    site = make_venv(tmp_path / "venv", "aiohttp", "httpx")
    python = str(tmp_path / "venv/bin/python")
    assert resolve(None, python, tmp_path / "cache").source == "release"
    (site / "gateway").mkdir()
    (site / "gateway/__init__.py").write_text("somebody = 'else'\n")
    assert resolve(None, python, tmp_path / "cache").source == "release"
    tree(site)
    found = resolve(None, python, tmp_path / "cache")
    assert (found.source, found.root, found.path_entries) == ("installed", site, ())
    assert found.interpreter == Path(python)


# --- interpreters ---------------------------------------------------------------------------------------


def shim(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


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


def test_a_uv_that_fails_is_no_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_uv_never_downloads_a_python() -> None:
    uv = releases.TOOLS["uv"]
    assert "--no-python-downloads" in uv.make
    assert "--no-python-downloads" in uv.install
    assert "--compile-bytecode" in uv.install


def test_a_python_that_hermes_does_not_run_on(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = interpreters.Interpreter(Path("/x/python3.10"), (3, 10, 1), Path("/x/python3.10"))
    monkeypatch.setattr(interpreters, "named", lambda _: old)
    with pytest.raises(SubjectError, match=r"does not run on Python 3\.10\.1"):
        resolve("0.19.0", "3.10", tmp_path / "cache")
    assert log(index) == []


def test_the_first_line_of_a_report(index: Path, tmp_path: Path) -> None:
    found = resolve("0.19.0", cache=tmp_path / "cache")
    for part in ("hermes-agent 0.19.0", str(found.root), found.sha256[:12], found.python, "aiohttp 3.13.3"):
        assert part in found.words
    assert json.loads(json.dumps(found.subject()))["source"] == "release"


# --- the real ones --------------------------------------------------------------------------------------


@pytest.mark.hermes
@pytest.mark.parametrize(
    ("release", "aiohttp"), [("0.13.0", "3.13.3"), ("0.16.0", "3.13.3"), ("0.19.0", "3.14.1")]
)
def test_a_real_release(release: str, aiohttp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = resolve(release)
    assert (found.version, found.aiohttp, found.layout.name) == (release, aiohttp, "A")
    no_process(monkeypatch)
    assert resolve(release) == found
