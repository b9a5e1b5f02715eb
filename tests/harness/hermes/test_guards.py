"""A guard that refuses private addresses: known by what the source can do, opened by its own switch or
refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SubjectError
from harness.hermes import guards, layouts
from harness.hermes.environments import resolve
from tests.harness.hermes.fake_index import make_venv

MakeTree = Callable[..., Path]

SWITCH = 'import os\n\nallowed = os.getenv("HERMES_ALLOW_PRIVATE_URLS")\n'


@pytest.fixture
def guarded(tmp_path: Path, tree: MakeTree) -> Path:
    """A tree whose adapter makes its client through a guard."""
    root = tree(tmp_path / "hermes")
    adapter = root / "gateway/platforms/qqbot/adapter.py"
    source = adapter.read_text() + "\n\ndef client():\n    return create_ssrf_safe_async_client(timeout=30)\n"
    adapter.write_text("from tools.url_safety import create_ssrf_safe_async_client\n" + source)
    (root / "tools").mkdir()
    (root / "tools/url_safety.py").write_text(SWITCH)
    return root


def opening(root: Path) -> object:
    return guards.opening(root, layouts.recognise(root))


def test_an_adapter_whose_client_is_guarded_is_given_the_guards_own_switch(guarded: Path) -> None:
    assert opening(guarded) == {"HERMES_ALLOW_PRIVATE_URLS": "true"}


def test_an_adapter_with_a_client_of_its_own_is_left_as_it_is(tmp_path: Path, tree: MakeTree) -> None:
    root = tree(tmp_path)
    (root / "tools").mkdir()
    (root / "tools/url_safety.py").write_text(SWITCH)
    assert opening(root) == {}


def test_one_that_looks_at_urls_is_given_the_switch_where_there_is_one(
    tmp_path: Path, tree: MakeTree
) -> None:
    root = tree(tmp_path)
    adapter = root / "gateway/platforms/qqbot/adapter.py"
    adapter.write_text(adapter.read_text() + "\n\ndef fetch(url):\n    return is_safe_url(url)\n")
    assert opening(root) == {}
    (root / "tools").mkdir()
    (root / "tools/url_safety.py").write_text(SWITCH)
    assert opening(root) == {"HERMES_ALLOW_PRIVATE_URLS": "true"}


def test_a_guard_without_a_known_switch_is_refused_in_one_sentence(guarded: Path) -> None:
    (guarded / "tools/url_safety.py").write_text("")
    with pytest.raises(
        SubjectError, match="guard that refuses private addresses, and has no switch"
    ) as raised:
        opening(guarded)
    assert "\n" not in str(raised.value)


def test_what_was_opened_stands_in_the_description_and_with_the_subject(guarded: Path) -> None:
    make_venv(guarded / ".venv", "aiohttp", "httpx")
    found = resolve(str(guarded))
    assert found.description.endswith(", with HERMES_ALLOW_PRIVATE_URLS=true")
    assert found.subject()["environment"] == {"HERMES_ALLOW_PRIVATE_URLS": "true"}
