"""A patch of the user's: read strictly, applied to a private copy, refused by file and hunk."""

from __future__ import annotations

import difflib
import os
import py_compile
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.hermes import fixes
from harness.hermes.environments import resolve
from harness.hermes.fixes import patch, udiff
from tests.harness.hermes.conftest import MakeTree
from tests.harness.hermes.fixes.subjects import ADAPTER, diff, installation


@pytest.fixture
def root(tmp_path: Path, tree: MakeTree) -> Path:
    return tree(tmp_path / "subject")


@pytest.fixture
def adapter(root: Path) -> str:
    return (root / ADAPTER).read_text()


def changed(root: Path, text: str) -> dict[str, str | None]:
    contents = patch.plan(text, "change.patch", root).contents
    return {path: None if content is None else content.decode() for path, content in contents.items()}


def test_a_patch_of_one_file_gives_its_new_text(root: Path, adapter: str) -> None:
    after = adapter.replace("LIMIT = 100", "LIMIT = 3")
    assert changed(root, diff(ADAPTER, ADAPTER, adapter, after)) == {ADAPTER: after}


def test_a_patch_may_create_delete_and_rename_files(root: Path) -> None:
    constants = (root / "hermes_constants.py").read_text()
    text = (
        diff("", "gateway/extra.py", "", "X = 1\n")
        + diff("hermes_constants.py", "", constants, "")
        + "diff --git a/gateway/run.py b/gateway/runner.py\nsimilarity index 100%\n"
        + "rename from gateway/run.py\nrename to gateway/runner.py\n"
    )
    assert changed(root, text) == {
        "gateway/extra.py": "X = 1\n",
        "hermes_constants.py": None,
        "gateway/run.py": None,
        "gateway/runner.py": (root / "gateway/run.py").read_text(),
    }


def test_a_hunk_whose_lines_have_moved_is_found(root: Path, adapter: str) -> None:
    after = adapter.replace("return False", "return True")
    text = diff(ADAPTER, ADAPTER, adapter, after)
    (root / ADAPTER).write_text("# one\n# two\n" * 40 + adapter)
    assert changed(root, text) == {ADAPTER: "# one\n# two\n" * 40 + after}


def test_of_two_places_that_fit_a_hunk_the_nearer_is_taken(root: Path) -> None:
    before = "".join(f"{line}\n" for line in ["a", "b", "c"] * 10)
    (root / "hermes_constants.py").write_text(before)
    text = "--- hermes_constants.py\n+++ hermes_constants.py\n@@ -13,3 +13,3 @@\n a\n-b\n+B\n c\n"
    after = changed(root, text)["hermes_constants.py"]
    assert after is not None
    assert [number for number, line in enumerate(after.splitlines(), 1) if line == "B"] == [14]


def test_several_commits_in_one_mail_are_applied_in_their_order(root: Path, adapter: str) -> None:
    middle = adapter.replace("LIMIT = 100", "LIMIT = 5")
    after = middle.replace("LIMIT = 5", "LIMIT = 6")
    mail = "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\n---\n gateway | 2 +-\n\n{}-- \n2.43.0\n\n"
    text = mail.format(diff(ADAPTER, ADAPTER, adapter, middle)) + mail.format(
        diff(ADAPTER, ADAPTER, middle, after)
    )
    assert changed(root, text) == {ADAPTER: after}


def test_the_signature_of_a_mail_is_not_taken_for_a_removed_line(root: Path) -> None:
    text = diff("", "gateway/extra.py", "", "X = 1\n") + "-- \n2.43.0\n"
    assert changed(root, text) == {"gateway/extra.py": "X = 1\n"}


def test_a_removed_line_that_looks_like_a_header_is_a_removed_line(root: Path) -> None:
    before, after = "x = '''\n-- gone\n++ b/y\n'''\n", "x = '''\n++ b/y\n'''\n"
    (root / "hermes_constants.py").write_text(before)
    text = diff("hermes_constants.py", "hermes_constants.py", before, after)
    assert "--- gone" in text
    assert changed(root, text) == {"hermes_constants.py": after}


@pytest.mark.parametrize(("before", "after"), [("a\nb", "a\nc"), ("a\nb", "a\nb\n"), ("a\nb\n", "a\nb")])
def test_a_line_feed_at_the_end_of_the_file_is_kept_added_or_removed(
    root: Path, before: str, after: str
) -> None:
    (root / "hermes_constants.py").write_text(before)
    text = diff("hermes_constants.py", "hermes_constants.py", before, after)
    assert changed(root, text) == {"hermes_constants.py": after}


def test_tests_and_documentation_in_a_patch_are_ignored_and_listed(root: Path, adapter: str) -> None:
    text = diff("tests/x.py", "tests/x.py", "a\n", "b\n") + diff("README.md", "README.md", "a\n", "b\n")
    real = diff(ADAPTER, ADAPTER, adapter, adapter.replace("100", "101"))
    assert patch.plan(text + real, "change.patch", root).ignored == ("tests/x.py", "README.md")
    with pytest.raises(UsageError, match=r"touches nothing of hermes-agent, only tests/x\.py, README\.md"):
        patch.plan(text, "change.patch", root)


RUN = "gateway/run.py"


def one_line(old: str, new: str, hunk: str = "@@ -1 +1 @@\n-a\n+b\n") -> str:
    return f"--- {old}\n+++ {new}\n{hunk}"


REFUSED = {
    r"change\.patch: gateway/run\.py: @@ -3,1 \+3,1 @@ class: the hunk does not apply": one_line(
        f"a/{RUN}", f"b/{RUN}", "@@ -3,1 +3,1 @@ class\n-nothing like it\n+x\n"
    ),
    r"gateway/none\.py: there is no such file": one_line("a/gateway/none.py", "b/gateway/none.py"),
    r"gateway/run\.py: would be created, but exists": one_line(
        "/dev/null", f"b/{RUN}", "@@ -0,0 +1 @@\n+b\n"
    ),
    r"gateway/run\.py: would be deleted, but holds more": one_line(
        f"a/{RUN}", "/dev/null", "@@ -1 +0,0 @@\n-class GatewayRunner:\n"
    ),
    r"\.\./etc/x: points outside the subject": one_line("a/../etc/x", "b/../etc/x"),
    r"/etc/passwd: points outside the subject": one_line("/etc/passwd", "/etc/passwd"),
    r"@@ -1,2 \+1,2 @@: the hunk does not have the lines": one_line(
        f"a/{RUN}", f"b/{RUN}", "@@ -1,2 +1,2 @@\n-class GatewayRunner:\n"
    ),
    r"belongs to no file": "@@ -1 +1 @@\n-a\n+b\n",
    r"change\.patch: is not a unified diff": "hello\n",
    r"gateway/a\.png: is a binary change": (
        "diff --git a/gateway/a.png b/gateway/a.png\nBinary files a/gateway/a.png and b/x differ\n"
    ),
    r"gateway/b\.py: is given as a copy": (
        f"diff --git a/{RUN} b/gateway/b.py\nsimilarity index 100%\ncopy from {RUN}\n"
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_patch_that_does_not_apply_is_refused_by_file_and_hunk(root: Path, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        patch.plan(REFUSED[sentence], "change.patch", root)
    assert raised.value.exit_status == 2
    assert "\n" not in str(raised.value)


def test_a_patch_is_applied_to_a_whole_private_copy_and_the_subject_stays_as_it_was(
    root: Path, adapter: str, tmp_path: Path
) -> None:
    py_compile.compile(str(root / ADAPTER))
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    change = tmp_path / "change.patch"
    change.write_text(diff(ADAPTER, ADAPTER, adapter, adapter.replace("LIMIT = 100", "LIMIT = 7")))
    found = installation(root)
    fix = fixes.choose(str(change), found)
    assert (fix.name, fix.kind, len(fix.sha256)) == ("change.patch", "patch", 64)
    laid = fixes.lay_over(fix, found, tmp_path / "copy")
    assert laid.path_entries == (tmp_path / "copy",)
    assert laid.sha256 == found.sha256
    code = (
        "import gateway.platforms.qqbot.adapter as a, hermes_cli; "
        "print(a.LIMIT, a.__file__, hermes_cli.__file__)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, laid.path_entries))},
    )  # fmt: skip
    assert answer.stdout.split() == [
        "7",
        str(tmp_path / "copy" / ADAPTER),
        str(tmp_path / "copy/hermes_cli/__init__.py"),
    ]
    assert {path: path.read_bytes() for path in root.rglob("*.py")} == before


def test_what_writes_into_the_private_copy_does_not_write_into_the_subject(
    root: Path, adapter: str, tmp_path: Path
) -> None:
    change = diff("", "gateway/extra.py", "", "X = 1\n")
    patch.lay_over(patch.plan(change, "change.patch", root), root, tmp_path / "copy")
    (tmp_path / "copy" / ADAPTER).write_text("")
    assert (root / ADAPTER).read_text() == adapter


def test_the_data_files_of_a_checkout_are_linked_into_the_private_copy(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path / "checkout", version=None)
    for name in ("assets/a.txt", ".git/HEAD", "tests/test_x.py"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("x\n")
    made = patch.plan(diff("", "gateway/extra.py", "", "X = 1\n"), "change.patch", root)
    patch.lay_over(made, root, tmp_path / "copy")
    assert (tmp_path / "copy/assets").is_symlink()
    assert not (tmp_path / "copy/gateway").is_symlink()
    assert not (tmp_path / "copy/.git").exists()
    assert (tmp_path / "copy/gateway/extra.py").read_text() == "X = 1\n"


def test_packages_of_others_beside_hermes_are_neither_copied_nor_patched(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path / "site-packages")
    (root / "aiohttp").mkdir()
    (root / "aiohttp/__init__.py").write_text("")
    made = patch.plan(diff("", "gateway/extra.py", "", "X = 1\n"), "change.patch", root)
    patch.lay_over(made, root, tmp_path / "copy")
    assert not (tmp_path / "copy/aiohttp").exists()
    with pytest.raises(UsageError, match="touches nothing"):
        patch.plan(diff("aiohttp/__init__.py", "aiohttp/__init__.py", "", "x\n"), "change.patch", root)


def test_a_patch_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        patch.read(tmp_path / "none.patch")


LINES = st.lists(
    st.sampled_from(["", "a", "b", " c", "-d", "+e", "@@ -1 +1 @@", "--- x", "\x0cpage", "u\u2028v"]),
    max_size=12,
)


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", text) if line]


@given(LINES, LINES, st.booleans(), st.booleans(), st.integers(0, 3))
def test_any_diff_that_is_read_and_applied_gives_the_new_text(
    old: list[str], new: list[str], old_ends: bool, new_ends: bool, context: int
) -> None:
    before = "\n".join(old) + ("\n" if old_ends and old else "")
    after = "\n".join(new) + ("\n" if new_ends and new else "")
    lines = difflib.unified_diff(_lines(before), _lines(after), "a/x.py", "b/x.py", n=context)
    text = "".join(x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines)
    (file,) = udiff.parse(text) or [udiff.FileDiff("x.py", "x.py")]
    assert "".join(patch._apply_hunks("p", file, before)) == after


@pytest.mark.release
def test_a_patch_of_a_real_release_is_what_its_interpreter_imports(tmp_path: Path) -> None:
    found = resolve("0.19.0")
    source = (found.root / ADAPTER).read_text()
    change = tmp_path / "change.patch"
    change.write_text(
        diff(ADAPTER, ADAPTER, source, source.replace("class QQAdapter(", "MARK = 1\n\n\nclass QQAdapter("))
    )
    laid = fixes.lay_over(fixes.choose(str(change), found), found, tmp_path / "copy")
    code = (
        f"import sys; sys.path[0:0] = {[str(entry) for entry in laid.path_entries]!r}; "
        "import gateway.platforms.qqbot.adapter as a, hermes_cli; print(a.MARK, hermes_cli.__file__)"
    )
    answer = subprocess.run(
        [laid.interpreter, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={"HOME": str(tmp_path), "HERMES_HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert answer.stdout.split() == ["1", str(tmp_path / "copy/hermes_cli/__init__.py")]


def refused(root: Path, text: str) -> str:
    """Why the patch does not apply."""
    with pytest.raises(UsageError) as refusal:
        patch.plan(text, "change.patch", root)
    return str(refusal.value).partition("the hunk does not apply")[2]


def test_a_patch_with_other_line_ends_is_told_so(root: Path, adapter: str) -> None:
    text = diff(ADAPTER, ADAPTER, adapter, adapter.replace("LIMIT = 100", "LIMIT = 3"))
    head, hunks = text.split("@@", 1)
    crlf = head + "@@" + hunks.replace("\n", "\r\n")
    assert refused(root, crlf) == ": its lines end with CR LF, those of the file do not"
    (root / ADAPTER).write_text(adapter.replace("\n", "\r\n"), newline="")
    assert refused(root, text) == ": the file's lines end with CR LF, its own do not"


def test_a_hunk_that_misses_by_a_line_says_which(root: Path, adapter: str) -> None:
    text = diff(ADAPTER, ADAPTER, adapter, adapter.replace("LIMIT = 100", "LIMIT = 3"))
    (root / ADAPTER).write_text(adapter.replace("LIMIT = 100", "LIMIT = 99"))
    number = adapter[: adapter.index("LIMIT = 100")].count("\n") + 1
    assert refused(root, text) == f": where it fits best, line {number} is 'LIMIT = 99', not 'LIMIT = 100'"


def test_a_patch_of_plain_file_names_is_told_where_paths_start(tmp_path: Path, tree: MakeTree) -> None:
    text = "--- old.py\n+++ new.py\n@@ -1 +1 @@\n-x\n+y\n"
    with pytest.raises(UsageError, match=r"only new\.py; paths start where its packages lie"):
        patch.plan(text, "change.patch", tree(tmp_path))


def test_a_patch_that_takes_the_adapter_away_is_refused(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path / "hermes")
    file = tmp_path / "rename.patch"
    old, new = "gateway/platforms/qqbot/adapter.py", "gateway/platforms/qqbot/other.py"
    file.write_text(
        f"diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n"
    )
    with pytest.raises(UsageError, match=rf"rename\.patch: takes {old} away, which is the adapter"):
        fixes.choose(str(file), installation(root))


def test_what_a_patch_leaves_out_is_told_in_one_line() -> None:
    plan = patch.Plan({}, ("tests/x.py", "README.md"))
    fix = fixes.Fix("a.patch", "patch", "0" * 64, plan)
    assert fix.left_out == "not hermes' code, so left out of a.patch: tests/x.py, README.md"
    assert fixes.Fix("detached", "named", "0" * 64).left_out is None
