"""What a one changes, and how a difference is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.commands.determinism import Comparison, compare, reruns
from harness.process.worker_spec import WorkerSpec
from tests.harness.journals import J

SPEC = WorkerSpec("story/a", "adapter", 0, "/out/story.a.jsonl", env={"LANG": "C"})


class TestReruns:
    def test_the_plain_one_is_first_and_nothing_but_its_journal_is_new(self) -> None:
        first = reruns(SPEC)[0]
        assert first.name == "plain"
        assert replace(first.spec, journal=SPEC.journal) == SPEC

    def test_each_has_a_journal_of_its_own_beside_the_first(self) -> None:
        paths = [one.spec.journal for one in reruns(SPEC)]
        assert len(set(paths)) == len(paths)
        assert all(path.startswith("/out/story.a.") and path.endswith(".jsonl") for path in paths)

    def test_what_they_run_is_the_same(self) -> None:
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
    def test_what_one_changes(self, name: str, what: dict[str, object]) -> None:
        (one,) = (one for one in reruns(SPEC) if one.name == name)
        assert replace(one.spec, journal=SPEC.journal) == replace(SPEC, **what)  # type: ignore[arg-type]

    def test_around_it(self) -> None:
        assert [one.name for one in reruns(SPEC) if one.elsewhere] == ["elsewhere"]
        assert [one.name for one in reruns(SPEC) if one.loaded] == ["loaded"]


class TestCompare:
    def test_nothing(self) -> None:
        assert compare({}) == Comparison({}, ())

    def test_equal(self) -> None:
        found = compare({"plain": J().up().done(60), "again": J().up().done(60)})
        assert found.equal
        assert found.digests["plain"] == found.digests["again"]

    def test_what_the_digest_leaves_out_does_not_count(self) -> None:
        other = [replace(record, x={"wall_s": 9}) for record in J().up().done(60)]
        assert compare({"plain": J().up().done(60), "again": other}).equal

    def test_the_twin_and_the_first_record_are_named(self) -> None:
        one, other = J().up().logs("a").called("log").done(60), J().up().logs("b").done(60)
        found = compare({"plain": one, "again": one, "fresh": other})
        (difference,) = found.differences
        assert not found.equal
        assert difference.rerun == "fresh"
        assert difference.n == len(J().up().logs("a").records)
        assert difference.expected is not None and '"template":"a"' in difference.expected
        assert difference.found is not None and '"template":"b"' in difference.found
        assert str(difference).startswith(f"fresh differs at record {difference.n}: {{")

    def test_a_journal_that_goes_on_differs(self) -> None:
        whole = J().up().done(60)
        (longer,) = compare({"plain": whole[:-1], "again": whole}).differences
        assert (longer.n, longer.expected) == (len(whole), None)
        (shorter,) = compare({"plain": whole, "again": whole[:-1]}).differences
        assert (shorter.n, shorter.found) == (len(whole), None)

    def test_what_came_within_the_instant_of_a_kill_does_not_count(self) -> None:
        one = J().up().logs("a", t=50).ends(60).closed("cpu", t=60)
        other = J().up().logs("a", t=50).ends(60).logs("b").closed("cpu", t=60)
        assert compare({"plain": one, "again": other}).equal
