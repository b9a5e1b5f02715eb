"""A worker's spec goes to the worker as JSON and is the same there."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.journal.run_kinds import FixRef
from harness.process.worker_spec import WorkerSpec

SPEC = WorkerSpec("a-run", "adapter", 7, "/out/a-run.jsonl", folder="/private/r1", path_entries=("/a", "/b"))


@pytest.mark.parametrize(
    "fix", [None, FixRef("detached", "named", None), FixRef("change.patch", "patch", "ab")]
)
def test_a_spec_survives_json(fix: FixRef | None) -> None:
    spec = WorkerSpec(
        "a-run",
        "runner",
        7,
        "/out/a.jsonl",
        path_entries=("/a",),
        fix=fix,
        scenario={"rules": ["é"]},
        fresh=True,
    )
    assert "\n" not in spec.to_json()
    assert WorkerSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"run":"a"}', '{"run":"a","level":"adapter","seed":0,"journal":"/j","colour":"red"}'],
)
def test_json_of_another_shape_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a worker's spec"):
        WorkerSpec.from_json(text)


def test_all_files_of_a_run_but_its_journal_are_in_its_private_folder() -> None:
    files = [
        SPEC.spec_file,
        SPEC.heartbeat_file,
        SPEC.problem_file,
        SPEC.stack_file,
        SPEC.stdout_file,
        SPEC.stderr_file,
    ]
    assert {file.parent for file in files} == {Path("/private/r1")}
    assert len({file.name for file in files}) == len(files)


def test_the_entry_is_the_workers_main_unless_another_is_named() -> None:
    assert SPEC.entry == ("harness.worker.main", "main")
    other = WorkerSpec("a-run", "adapter", 7, "/j", extra={"entry": "some.module:function"})
    assert other.entry == ("some.module", "function")
