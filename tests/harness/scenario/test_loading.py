"""Scenario files and the catalogue: what is read, and what is refused before its content matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import loading
from harness.scenario.loading import (
    ScenarioError,
    catalogue_folder,
    load_catalogue,
    load_file,
    load_files,
    load_text,
)
from tests.harness.scenario.files import GOOD

SECOND = GOOD.replace("scenario: exhausted", "scenario: second")


def test_a_good_file_gives_its_scenario_and_where_it_stands() -> None:
    (scenario,) = load_text(GOOD, "f.yaml")
    assert scenario.source == "f.yaml:2"
    assert [run.name for run in scenario.runs] == [
        "exhausted/plain", "exhausted/plain+heals-30m", "exhausted/plain+heals-2h",
        "exhausted/seam", "exhausted/seam+heals-30m", "exhausted/seam+heals-2h",
    ]  # fmt: skip


def test_a_file_may_hold_several_documents() -> None:
    one, two = load_text(GOOD + "---\n" + SECOND, "f.yaml")
    assert (one.source, two.source) == ("f.yaml:2", "f.yaml:22")


def test_anchors_aliases_and_folded_texts_are_read() -> None:
    text = """\
scenario: "exhausted"
story: >
  It goes down
  and stays down.
issues: []
levels:
- adapter
asks: &asks [flag]
rules:
- &drop {"at": 'ready + 60s', do: {frame: &bad '{"op":10}'}}
- when: http.gateway
  do:
  - status: 0500
  - {frame: *bad, after: 1s}
end: 3h
...
"""
    with pytest.raises(ScenarioError, match="status is a number"):
        load_text(text)
    (scenario,) = load_text(text.replace("0500", "500").replace("levels:\n- adapter", "levels: [adapter]"))
    assert scenario.story == "It goes down and stays down."
    assert scenario.runs[0].rules[1].do[1].args.main == '{"op":10}'


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_file(str(file))[0].name == "exhausted"


def test_a_scenario_error_is_a_usage_error_with_file_and_line() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text("x: 1", "f.yaml")
    error = caught.value
    assert isinstance(error, UsageError)
    assert (error.file, error.line, error.exit_status) == ("f.yaml", 1, 2)
    assert str(error) == f"f.yaml:1: {error.sentence}"


def test_the_catalogue_has_the_shipped_scenarios_each_run_once() -> None:
    catalogue = load_catalogue()
    assert {
        "healthy", "exhausted", "exhausted-by-close", "exhausted-at-seam", "endless-4008",
        "one-failed-reconnect", "dead-peer", "op7-resume", "receive-raises",
    } <= set(catalogue)  # fmt: skip
    runs = [run.name for scenario in catalogue.values() for run in scenario.runs]
    assert len(runs) == len(set(runs))
    assert {
        "exhausted/gateway-500", "exhausted/gateway-500+heals-30m", "exhausted/upgrade-403",
        "exhausted/token-500+heals-20m-after-gaveup-or-3h", "exhausted/refused",
        "exhausted-by-close/rate-limit-4008", "exhausted-by-close/generic-4000",
        "exhausted-at-seam/close-4008", "exhausted-at-seam/exception",
    } <= set(runs)  # fmt: skip
    hypothetical = {run.name for s in catalogue.values() for run in s.runs if run.hypothetical}
    assert hypothetical == {"receive-raises", "write-fails/of-a-resume"}


def test_the_catalogue_is_inside_the_package_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "harness"
    package.mkdir()
    monkeypatch.setattr(loading, "__file__", str(package / "scenario" / "loading.py"))
    assert catalogue_folder() == tmp_path / "scenarios"
    (package / "_scenarios").mkdir()
    assert catalogue_folder() == package / "_scenarios"
    assert load_catalogue() == {}


def test_only_yaml_files_of_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "a.yml").write_text(SECOND)
    (tmp_path / "notes.txt").write_text("{")
    assert list(load_catalogue(tmp_path)) == ["second", "exhausted"]


def test_a_second_scenario_of_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^f.yaml:22: a second .* exhausted: the first is at f.yaml:2$"):
        load_text(GOOD + "---\n" + GOOD, "f.yaml")
    one, two = tmp_path / "1.yaml", tmp_path / "2.yaml"
    one.write_text(GOOD)
    two.write_text(SECOND + "---\n" + GOOD)
    with pytest.raises(ScenarioError) as caught:
        load_files([one, two])
    assert str(caught.value) == f"{two}:22: a second scenario is called exhausted: the first is at {one}:2"


def test_a_file_or_folder_that_cannot_be_read_is_refused_without_a_line(tmp_path: Path) -> None:
    unreadable: list[tuple[Path | str, str]] = [
        (tmp_path / "no.yaml", "No such file"),
        (tmp_path, "it is a folder"),
        ("a\0b", "no name of a file"),
    ]
    for path, hint in unreadable:
        with pytest.raises(ScenarioError, match=hint) as caught:
            load_file(path)
        assert caught.value.line == 0
        assert "\n" not in str(caught.value)
    with pytest.raises(ScenarioError, match="no such folder"):
        load_catalogue(tmp_path / "no")
