"""From chosen runs to judged outcomes, on the real adapter of release 0.19.0."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest

from harness import cli
from harness.commands.results import Judged, document, file_name
from harness.commands.series import Series
from harness.hermes import environments, fixes
from harness.journal.record import Record, parse
from harness.journal.run_kinds import RunTeardown, SubjHandler, SubjListener
from harness.judging.outcome import judge
from harness.process.result import RunResult
from harness.scenario import selection
from tests.harness import bot

HANDLERS = """\
scenario: told
story: The link drops and every reconnect fails. The fatal handler is not the best.
issues: [14539]
levels: [adapter]
asks: [flag, notified, settles]
rules:
  - {id: drop, at: ready + 60s, do: {close: 4009}}
  - {when: http.gateway, from: drop, do: {status: 500}}
variants:
  records: []
  slow: {handler: {slow: 5s}, rules: []}
  endless: {handler: {slow: 3h}, rules: []}
  raises: {handler: raise, rules: []}
  disconnects: {handler: disconnect, rules: []}
end: 3h
"""


def before_the_end(run: Judged) -> list[Record]:
    """The records before the marked tear-down."""
    return list(itertools.takewhile(lambda record: not isinstance(record.event, RunTeardown), run.records))


@pytest.fixture(scope="module", params=["detached", "inline-retryable"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    folder = tmp_path_factory.mktemp(request.param)
    file = folder / "told.yaml"
    file.write_text(HANDLERS)
    installation = environments.resolve("0.19.0")
    fix = fixes.choose(request.param, installation)
    done = Series(installation, folder / "out", fix=fix, jobs=2).run(
        selection.by_names([str(file)], "adapter"), lambda judged: None
    )
    return {judged.name.removeprefix("told/"): judged for judged in done}


HANDLED: tuple[tuple[str, str | None, str, str], ...] = (
    ("records", "ok", "fatal-notified", "pass"),
    ("slow", "ok", "fatal-notified", "pass"),
    ("endless", None, "fatal-unfinished", "fail"),
    # Where the scenario tells the handler to raise, one that raised was reached as it should be.
    ("raises", "raised", "fatal-notified", "pass"),
    ("disconnects", "ok", "fatal-notified", "pass"),
)
"""Run; how its handler's call ended; the ending; what `notified` says."""


@pytest.mark.release
class TestScriptedHandlers:
    """The named fixes set the flag and tell the handler: what it does decides how that ends."""

    def test_each_scripted_handler_has_the_ending_that_it_must_have(self, runs: dict[str, Judged]) -> None:
        found = []
        for name, judged in runs.items():
            calls = [r.event for r in before_the_end(judged) if isinstance(r.event, SubjHandler)]
            assert [call.phase for call in calls] in (["begin", "end"], ["begin"])
            assert judged.outcome is not None
            states = {check.name: check.state for check in judged.outcome.checks}
            assert states["flag"] == "pass"
            found.append((name, calls[-1].how, judged.outcome.ending.name, states["notified"]))
        assert tuple(found) == HANDLED

    def test_a_handler_that_raises_ends_the_listener_only_where_it_is_awaited_there(
        self, runs: dict[str, Judged]
    ) -> None:
        outcome = runs["raises"].outcome
        assert outcome is not None and outcome.fix is not None
        (end,) = [
            r.event.how
            for r in runs["raises"].records
            if isinstance(r.event, SubjListener) and r.event.phase == "end"
        ]
        inline = outcome.fix.name.startswith("inline")
        assert end == ("raised" if inline else "ok")
        # disconnect() awaits the listener, and gets what that ended with.
        assert ("stops" in outcome.asked) is inline


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def done(out: Path) -> list[Judged]:
    names = ["exhausted/gateway-500", "healthy", "one-failed-reconnect/once"]
    seen: list[str] = []
    series = Series(environments.resolve("0.19.0"), out, jobs=2, seed=5)
    done = series.run(selection.by_names(names, "adapter"), lambda judged: seen.append(judged.name))
    assert [judged.name for judged in done] == names
    assert sorted(seen) == sorted(names)
    return done


@pytest.mark.release
class TestASeries:
    def test_an_outcome_has_the_subject_and_the_seed_of_its_run(self, done: list[Judged]) -> None:
        first = document(done)["outcomes"][0]
        assert (first["verdict"], first["ending"], first["attempts"]) == ("fail", "silent-death", 100)
        assert (first["seed"], first["subject"]["version"]) == (5, "0.19.0")

    def test_a_stored_journal_is_judged_as_the_run_was(self, out: Path, done: list[Judged]) -> None:
        for one in done:
            assert one.journal == out / "runs" / f"{file_name(one.name)}.jsonl"
            assert one.outcome == judge(parse(one.journal.read_text()), f"runs/{one.journal.name}")

    def test_the_command_judge_finds_the_same_outcomes(
        self, done: list[Judged], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["judge", *(str(one.journal) for one in done), "--json"]) == 1
        again = json.loads(capsys.readouterr().out)["outcomes"]
        for one, other in zip(document(done)["outcomes"], again, strict=True):
            assert json.dumps(one) == json.dumps({**other, "journal": one["journal"]})

    def test_no_journal_names_this_machine(self, done: list[Judged]) -> None:
        for one in done:
            for record in one.records:
                line = dataclasses.replace(record, x={}).as_json()
                assert str(Path.home()) not in line and "/dev/shm" not in line


def test_a_journal_that_the_subject_wrote_into_is_a_problem(tmp_path: Path) -> None:
    (good,) = bot.run(bot.CORRECT, tmp_path, ["healthy"])
    assert good.journal is not None
    with good.journal.open("a") as journal:
        journal.write("hello\n")
    series = Series(environments.resolve(*bot.on()[1::2]), tmp_path)
    spec = series.worker(selection.by_names(["healthy"], "adapter")[0], series.installation)
    judged = series.judged(RunResult(spec, good.journal, None, 1.0, 1.0))
    assert judged.outcome is None
    assert judged.problem is not None and "its journal cannot be read: line" in judged.problem


def test_a_worker_gets_the_environment_that_its_scenario_sets(tmp_path: Path) -> None:
    series = Series(environments.resolve(*bot.on()[1::2]), tmp_path)
    (run,) = selection.by_names(["healthy"], "adapter")
    proxied = dataclasses.replace(run, environment={"HTTP_PROXY": "http://127.0.0.1:9"})
    assert series.worker(run, series.installation).env == {}
    opened = dataclasses.replace(series.installation, environment={"ALLOW": "true"})
    assert series.worker(run, opened).env == {"ALLOW": "true"}
    assert series.worker(proxied, series.installation).env == {"HTTP_PROXY": "http://127.0.0.1:9"}
