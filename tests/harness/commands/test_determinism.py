"""What each rerun changes, and how a difference between journals is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.commands.determinism import Comparison, compare, reruns
from harness.process.worker_spec import WorkerSpec
from tests.harness.journals import J

SPEC = WorkerSpec("story/a", "adapter", 0, "/out/story.a.jsonl", env={"LANG": "C"})


class TestReruns:
    def test_the_first_rerun_is_the_run_itself_but_for_its_journal(self) -> None:
        first = reruns(SPEC)[0]
        assert first.name == "plain"
        assert replace(first.spec, journal=SPEC.journal) == SPEC

    def test_each_rerun_has_its_own_journal_in_the_same_folder(self) -> None:
        paths = [one.spec.journal for one in reruns(SPEC)]
        assert len(set(paths)) == len(paths)
        assert all(path.startswith("/out/story.a.") and path.endswith(".jsonl") for path in paths)

    def test_all_reruns_run_the_same_scenario(self) -> None:
        def bare(spec: WorkerSpec) -> WorkerSpec:
            return replace(spec, journal="", fresh=False, verbose=False, env={})

        assert all(bare(one.spec) == bare(SPEC) for one in reruns(SPEC))

    @pytest.mark.parametrize(
        ("name", "what"),
        [
            ("fresh", {"fresh": True}),
            ("hash-seed", {"fresh": True, "env": {"LANG": "C", "PYTHONHASHSEED": "4242"}}),
            ("verbose", {"verbose": True}),
        ],
    )
    def test_a_rerun_changes_one_circumstance(self, name: str, what: dict[str, object]) -> None:
        (one,) = (one for one in reruns(SPEC) if one.name == name)
        assert replace(one.spec, journal=SPEC.journal) == replace(SPEC, **what)  # type: ignore[arg-type]

    def test_one_rerun_moves_the_private_folder_and_one_loads_the_machine(self) -> None:
        assert [one.name for one in reruns(SPEC) if one.elsewhere] == ["elsewhere"]
        assert [one.name for one in reruns(SPEC) if one.loaded] == ["loaded"]


class TestCompare:
    def test_no_journals_have_no_differences(self) -> None:
        assert compare({}) == Comparison({}, ())

    def test_equal_journals_have_one_digest(self) -> None:
        found = compare({"plain": J().up().done(60), "again": J().up().done(60)})
        assert found.equal
        assert found.digests["plain"] == found.digests["again"]

    def test_what_the_digest_leaves_out_is_no_difference(self) -> None:
        other = [replace(record, x={"wall_s": 9}) for record in J().up().done(60)]
        assert compare({"plain": J().up().done(60), "again": other}).equal

    def test_a_difference_names_the_rerun_and_the_first_record_that_differs(self) -> None:
        one, other = J().up().logs("a").called("log").done(60), J().up().logs("b").done(60)
        found = compare({"plain": one, "again": one, "fresh": other})
        (difference,) = found.differences
        assert not found.equal
        assert difference.rerun == "fresh"
        assert difference.n == len(J().up().logs("a").records)
        assert difference.expected is not None and '"template":"a"' in difference.expected
        assert difference.found is not None and '"template":"b"' in difference.found
        assert str(difference).startswith(f"fresh differs at record {difference.n}: {{")

    def test_a_longer_and_a_shorter_journal_differ_where_one_ends(self) -> None:
        whole = J().up().done(60)
        (longer,) = compare({"plain": whole[:-1], "again": whole}).differences
        assert (longer.n, longer.expected) == (len(whole), None)
        (shorter,) = compare({"plain": whole, "again": whole[:-1]}).differences
        assert (shorter.n, shorter.found) == (len(whole), None)

    def test_records_at_the_instant_of_a_kill_are_no_difference(self) -> None:
        one = J().up().logs("a", t=50).ends(60).closed("cpu", t=60)
        other = J().up().logs("a", t=50).ends(60).logs("b").closed("cpu", t=60)
        assert compare({"plain": one, "again": other}).equal
