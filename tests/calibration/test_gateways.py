"""The runner level: the correct gateway passes, and each saboteur of it fails exactly its own check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.journal.run_kinds import SubjHandler
from harness.judging.outcome import Outcome
from harness.scenario.vocabulary import NOT_AT_ADAPTER
from tests.calibration.bench import Bench, catalogue, failed, state, told
from tests.calibration.conftest import chosen
from tests.calibration.gateways import ENDINGS, GATEWAYS, RUN, SOUND
from tests.calibration.saboteurs import CORRECT, Change, Saboteur, build

ELSEWHERE = (
    "healthy",
    "beside-healthy",
    "message-in-flight/reply-hangs+heals-20m",
    "told-to-stop/int-connected",
)
RESTS_ON_A_DEFECT = ("exhausted-by-close", "told-to-stop/term-while-told", "told-to-stop/int-while-told")
BEGINS_ANEW = ("endless-4008",)
"""Where every connection is turned away, the bot gives up and tells; the gateway then tries a new one, with a
new budget, and to `settles` up and down for ever is flapping however long the pauses are."""

NOT_MEANT = ("after-a-kill",)
"""It takes hermes' own functions to leave a killed gateway's files behind."""

RUNS = [name for name, run in catalogue("runner").items() if "long" not in run.tags]


def looked_at(one: Saboteur) -> list[str]:
    return list(dict.fromkeys((*one.shows, *ELSEWHERE)))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("gateways"), "runner")
    with made.supervisor:
        yield made


@pytest.mark.parametrize("name", [name for name in RUNS if not name.startswith(NOT_MEANT)])
def test_the_correct_gateway_passes(gateway: Bench, name: str) -> None:
    outcome = gateway.run(CORRECT, [name])[name]
    assert failed(outcome) == ({"settles"} if name in BEGINS_ANEW else set()), told(outcome)
    if name in BEGINS_ANEW:
        return
    if name.startswith(RESTS_ON_A_DEFECT):
        assert outcome.unmet, told(outcome)
    else:
        assert outcome.verdict == "pass", told(outcome)


@pytest.mark.parametrize("name", ["told-to-stop/term-as-told", "told-to-stop/int-as-told"])
def test_the_signal_comes_while_the_fatal_handler_is_at_work(gateway: Bench, name: str) -> None:
    records = gateway.journals(CORRECT, [name])[name]
    begun, ended = (record.n for record in records if isinstance(record.event, SubjHandler))
    signal = next(record for record in records if getattr(record.event, "verb", "") == "signal")
    assert begun < signal.n < ended
    assert {record.t for record in records if begun <= record.n <= ended} == {signal.t}


@pytest.fixture(scope="module")
def outcomes(
    gateway: Bench, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Mapping[str, Mapping[str, Outcome]]:
    """What each saboteur did in each of its runs, by name: all in one go."""
    folder = tmp_path_factory.mktemp("saboteurs")
    built = {name: build(GATEWAYS[name].changes, folder / name) for name in chosen(request, GATEWAYS)}
    done = gateway.run_all({hermes: looked_at(GATEWAYS[name]) for name, hermes in built.items()})
    return {name: done[hermes] for name, hermes in built.items()}


@pytest.mark.xdist_group("gateways")
@pytest.mark.parametrize("name", GATEWAYS)
def test_a_saboteur_of_the_gateway_fails_exactly_its_check(
    outcomes: Mapping[str, Mapping[str, Outcome]], name: str
) -> None:
    one = GATEWAYS[name]
    assert list(outcomes[name]) == looked_at(one)
    for run, outcome in outcomes[name].items():
        assert failed(outcome) <= {one.check, *one.also}, told(outcome)
        if run in one.shows:
            assert state(outcome, one.check) == "fail", told(outcome)
        assert outcome.ending.name not in ("instrument-failed", "unclassified"), told(outcome)


@pytest.mark.xdist_group("gateways")
@pytest.mark.parametrize("name", GATEWAYS)
def test_a_saboteur_of_the_gateway_ends_as_the_table_says(
    outcomes: Mapping[str, Mapping[str, Outcome]], name: str
) -> None:
    one = GATEWAYS[name]
    ended = {run: outcome.ending.name for run, outcome in outcomes[name].items()}
    assert ended == {run: {**ENDINGS, **one.ending}[run] for run in looked_at(one)}


@pytest.mark.parametrize("name", SOUND)
def test_a_gateway_with_a_peculiarity_that_is_no_defect_passes(
    gateway: Bench, tmp_path: Path, name: str
) -> None:
    one = SOUND[name]
    for outcome in gateway.run(build(one.changes, tmp_path / name), one.runs).values():
        assert failed(outcome) == set() and outcome.verdict == "pass", told(outcome)


def test_a_program_that_crashes_did_not_give_up(gateway: Bench, tmp_path: Path) -> None:
    """Its loop's end cancels a bot in service: there is no flag to set and nobody to tell."""
    crash = Change(
        RUN, "    await runner.wait_for_shutdown()\n", "    await asyncio.sleep(60)\n    raise OSError\n"
    )
    outcome = gateway.run(build((crash,), tmp_path / "crash"), ["healthy"])["healthy"]
    assert str(outcome.ending) == "exited: ended itself with code 1", told(outcome)
    assert {state(outcome, check) for check in ("flag", "notified", "released")} == {"n/a"}, told(outcome)
    assert failed(outcome) == {"stays", "truthful", "clean"}, told(outcome)


def test_every_check_of_the_program_has_a_saboteur() -> None:
    assert {one.check for one in GATEWAYS.values()} == {*NOT_AT_ADAPTER, "stops", "truthful"}


def test_every_ending_in_the_table_is_of_a_run_of_the_gateway_that_is_looked_at() -> None:
    assert set(ENDINGS) == {run for one in GATEWAYS.values() for run in looked_at(one)}
    assert {name for name, one in GATEWAYS.items() if set(one.ending) - set(looked_at(one))} == set()
