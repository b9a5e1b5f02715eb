"""What is asked of a run at a level."""

from __future__ import annotations

from tests.harness.scenario.documents import run


def test_nothing_is_asked_at_a_level_that_the_run_is_not_meant_for() -> None:
    assert run(levels=["runner"], asks={"runner": ["back"]}).asks_for("adapter") == ()
    assert run(levels=["process"], asks=["back"]).asks_for("process") == ("back",)


def test_what_is_asked_may_differ_by_level() -> None:
    both = run(levels=["adapter", "process"], asks={"adapter": ["flag"], "process": ["back"]})
    assert (both.asks_for("adapter"), both.asks_for("process")) == (("flag",), ("back",))
    assert run(levels=["adapter", "runner"], asks=["flag", "back"]).asks_for("adapter") == ("flag", "back")
