"""recovers: a bot comes back after a healing, and a message is answered. `settles` has test_settles.py."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import WsOut
from harness.journal.run_kinds import SubjConnect
from tests.harness.journals import BEAT, J, check, told

PROBED = "it was in service after the healing and answered a message"


def healed(held: str = "keep", **scenario: Any) -> J:
    """Lost at 60 s, healed at 600 s."""
    return J(heal="10m", **scenario).up().acts(t=60).loses(t=60).heals(t=600, held=held).called("heal")


class TestRecovers:
    def test_passes_where_it_came_back_and_answers(self) -> None:
        j = healed().ready(2, t=630).called("ready").sends("p", 2, t=800, probe=True).called("sent")
        j.handles("p").called("got").replies("p").called("reply")
        found = check("recovers", j.done(2000))
        assert (found.state, found.because) == ("pass", PROBED)
        assert found.lines == (j["heal"], j["ready"], j["sent"], j["got"], j["reply"])

    @pytest.mark.parametrize(("at", "state"), [(1200, "pass"), (1200.01, "fail")])
    def test_it_may_come_back_ten_minutes_after_the_healing(self, at: float, state: str) -> None:
        assert told("recovers", healed().ready(2, t=at).probed(2, t=1500).done(2000))[0] == state

    def test_one_that_came_back_too_late_is_named_with_its_healing(self) -> None:
        j = healed().ready(2, t=1200.01).called("ready").probed(2, t=1500)
        found = check("recovers", j.done(2000))
        assert found.because == "it came back only 10 min after the healing"
        assert found.lines == (j["heal"], j["ready"])

    def test_passes_where_it_never_left(self) -> None:
        j = J(heal="10m").up().acts(t=60).heals(t=600).probed(1, t=700)
        assert told("recovers", j.done(2000)) == ("pass", PROBED)

    def test_a_probe_from_before_the_healing_proves_nothing(self) -> None:
        j = J(heal="10m").up().acts(t=60).probed(1, t=599).heals(t=600)
        assert told("recovers", j.done(2000)) == ("unknown", "no probe message was sent after it came back")

    def test_a_probe_from_before_it_came_back_proves_nothing(self) -> None:
        j = healed().sends("p", t=610, probe=True).ready(2, t=630)
        assert told("recovers", j.done(2000))[0] == "unknown"

    @pytest.mark.parametrize(
        ("code", "retryable", "how", "state"),
        [
            (4915, False, "ok", "n/a"),
            (4009, False, "ok", "fail"),  # the platform gave no reason to stop for good
            (4915, True, "ok", "fail"),  # it did not take it so
            (4915, False, "raised", "fail"),  # nobody knows
        ],
    )
    def test_above_the_adapter_a_bot_that_stopped_for_good_need_not_recover(
        self, code: int, retryable: bool, how: Any, state: str
    ) -> None:
        j = J(level="runner", heal="10m").up().acts(t=60).add(WsOut("close", code=code), 60)
        j.gives_up(t=60).state(t=60, fatal={"code": "x", "retryable": retryable}).tells(t=60, how=how)
        assert told("recovers", j.heals(t=600).done(3000))[0] == state

    def test_fails_where_it_is_not_back(self) -> None:
        j = healed()
        found = check("recovers", j.done(1200))
        assert (found.state, found.because) == ("fail", "it was not serving at the end")
        assert found.lines == (j["heal"], j["heal"] - 1)
        assert check("recovers", J(heal="1s").heals(t=1).done(2000)).lines == (2,)

    def test_fails_where_it_came_back_and_was_lost_again(self) -> None:
        j = healed().ready(2, t=630).probed(2, t=800).loses(2, t=900)
        assert told("recovers", j.done(2000)) == ("fail", "it was not serving at the end")

    def test_fails_where_it_came_back_again_too_late(self) -> None:
        j = healed().ready(2, t=630).loses(2, t=1500).ready(3, t=1510).probed(3, t=1800)
        assert told("recovers", j.done(2000))[0] == "fail"

    def test_fails_where_a_probe_is_not_handled(self) -> None:
        j = healed().ready(2, t=630).called("ready").sends("p", 2, t=1990, probe=True).called("sent")
        found = check("recovers", j.done(2000))
        because = "it is connected again, but a message was not handled"
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (j["heal"], j["ready"], j["sent"])

    def test_fails_where_a_probe_is_not_answered(self) -> None:
        j = healed().ready(2, t=630).sends("p", 2, t=900, probe=True).handles("p")
        because = "it is connected again, but a message was not answered"
        assert told("recovers", j.done(2000)) == ("fail", because)

    def test_one_answered_probe_does_not_excuse_another(self) -> None:
        j = healed().ready(2, t=630).probed(2, t=800, name="p").sends("q", 2, t=1500, probe=True)
        assert told("recovers", j.done(2000))[0] == "fail"

    def test_fails_where_the_healing_did_the_work(self) -> None:
        j = J(heal="10m").up().acts(t=60).interrupted(t=60).heals(t=600, held="release").called("heal")
        j.released(t=600).called("freed").probed(1, t=800)
        found = check("recovers", j.done(2000))
        because = "it is back only because the healing freed its connection"
        assert (found.state, found.because) == ("fail", because)
        assert found.lines == (j["heal"], j["freed"], j["freed"])

    def test_passes_where_it_came_back_on_a_connection_of_its_own(self) -> None:
        j = J(heal="10m").up().acts(t=60).interrupted(t=60).heals(t=600, held="release").released(t=600)
        j.closes(1, t=610).ready(2, t=620).probed(2, t=800)
        assert told("recovers", j.done(2000)) == ("pass", PROBED)

    @pytest.mark.parametrize(
        ("held", "on", "off"), [("keep", 60, 600), ("release", 60, 599), ("release", 601, 602)]
    )
    def test_passes_where_the_healing_itself_freed_nothing(self, held: str, on: float, off: float) -> None:
        steps = sorted([(on, "interrupted"), (off, "released"), (600, "heals")])
        j = J(heal="10m").up().acts(t=60)
        for t, verb in steps:
            getattr(j, verb)(t=t, **({"held": held} if verb == "heals" else {}))
        assert told("recovers", j.probed(1, t=800).done(2000)) == ("pass", PROBED)

    def test_a_connection_freed_just_before_the_healing_s_record_counts_as_freed(self) -> None:
        j = J(heal="10m").up().acts(t=60).interrupted(t=60).released(t=600).heals(t=600, held="release")
        assert told("recovers", j.probed(1, t=800).done(2000))[0] == "fail"

    @pytest.mark.parametrize(
        ("j", "end", "because"),
        [
            (healed(), 1199.99, "the run ended less than 10 min after the healing"),
            (J(heal="10m").up().acts(t=60), 500, "the run ended before the healing"),
            (
                healed().ready(2, t=630).probed(2, t=640),
                630 + 3 * BEAT - 0.01,
                "it was back for 123.74 s only when the run ended",
            ),
            (
                healed().ready(2, t=630).sends("p", 2, t=1990.01, probe=True),
                2000,
                "the run ended while a probe message was under way",
            ),
        ],
    )
    def test_is_unknown_where_the_run_ends_too_soon(self, j: J, end: float, because: str) -> None:
        assert told("recovers", j.done(end)) == ("unknown", because)

    def test_three_heartbeats_of_service_are_enough(self) -> None:
        assert told("recovers", healed().ready(2, t=630).probed(2, t=640).done(630 + 3 * BEAT))[0] == "pass"
        j = J(heal="10m").up().acts(t=60).heals(t=600).probed(1, t=610)
        assert told("recovers", j.done(600 + 3 * BEAT))[0] == "pass"

    def test_is_not_applicable_where_the_program_ended_itself_first(self) -> None:
        j = J(level="runner", heal="20m").up().gives_up(t=600).exits(1, t=600).called("exit")
        found = check("recovers", j.done(600, why="exited"))
        assert (found.state, found.lines) == ("n/a", (j["exit"],))

    def test_is_not_applicable_without_healing(self) -> None:
        assert told("recovers", J().up().done(2000)) == ("n/a", "the scenario does not heal")

    def test_applies_where_the_scenario_or_the_journal_says_that_it_heals(self) -> None:
        assert told("recovers", J().up().heals(t=60).probed(t=70).done(2000))[0] == "pass"
        assert told("recovers", J(heal="1m").up().done(2000))[0] == "unknown"

    def test_is_not_applicable_where_it_gave_up_and_told_before(self) -> None:
        j = J(heal="1h").up().loses(t=60).flags(t=90).called("flag").tells(t=91).called("told").heals(t=3600)
        found = check("recovers", j.done(9000))
        because = "it gave up and reported so before the healing"
        assert (found.state, found.because, found.lines) == ("n/a", because, (j["flag"], j["told"]))

    def test_is_not_applicable_where_the_run_ended_early_after_it_told(self) -> None:
        assert told("recovers", J(heal="1h").up().flags(t=90).tells(t=91).done(700, "gaveup"))[0] == "n/a"

    def test_is_not_applicable_where_connect_returned_the_failure(self) -> None:
        assert told("recovers", J(heal="1h").connects(1, how="failed").heals(t=3600).done(9000))[0] == "n/a"

    def test_is_not_applicable_where_the_flag_was_set_within_a_connect_that_failed(self) -> None:
        j = J(heal="1h").connects(1, how=None).flags(t=2).called("flag").add(SubjConnect("end", "failed"), 3)
        found = check("recovers", j.called("end").tries(t=4).heals(t=3600).done(9000))
        assert (found.state, found.lines) == ("n/a", (j["flag"], j["end"]))

    @pytest.mark.parametrize(
        ("j", "state"),
        [
            (J(heal="1h").up().flags(t=3600).tells().heals(), "n/a"),
            (J(heal="1h").up().flags(t=3600).heals(t=3600).tells(t=3600.01), "fail"),
            (J(heal="1h").connects(0, lasts=3600, how="failed").heals(t=3600), "n/a"),
            (J(heal="1h").connects(0, lasts=3600.01, how="failed").heals(t=3600), "fail"),
        ],
        ids=["told at the moment", "told later", "connect at the moment", "connect later"],
    )
    def test_the_moment_of_the_healing_is_still_before_it(self, j: J, state: str) -> None:
        assert told("recovers", j.done(9000))[0] == state

    def test_undecided_probes_are_named(self) -> None:
        j = healed().ready(2, t=630).called("ready")
        assert check("recovers", j.done(2000)).lines == (j["heal"], j["ready"])
        j = healed().ready(2, t=630).called("ready").sends("p", 2, t=1999, probe=True).called("sent")
        assert check("recovers", j.done(2000)).lines == (j["heal"], j["ready"], j["sent"])

    def test_a_probe_at_the_very_moment_counts(self) -> None:
        assert told("recovers", healed().ready(2, t=630).probed(2, t=630).done(2000))[0] == "pass"

    def test_above_the_adapter_a_bot_that_told_must_be_brought_back(self) -> None:
        j = J(level="runner", heal="1h").up().loses(t=60).flags(t=90).tells(t=91).heals(t=3600)
        assert told("recovers", j.done(9000))[0] == "fail"

    @pytest.mark.parametrize(
        "j",
        [
            J(heal="1h").up().gives_up(t=90).heals(t=3600),
            J(heal="1h").up().gives_up(t=90).tells(t=91, how="raised").heals(t=3600),
            J(heal="1h").up().gives_up(t=90).heals(t=3600).tells(t=3601),
            J(heal="1h").up().heals(t=3600).gives_up(t=3700).tells(t=3701),
            J(heal="1h").up().gives_up(t=90).tells(t=91).ready(2, t=95).loses(2, t=99).heals(t=3600),
            J(heal="1h").connects(3000, lasts=700, how="failed").heals(t=3650),
        ],
        ids=["untold", "raised", "told late", "gave up late", "came back between", "connect"],
    )
    def test_fails_where_it_gave_up_otherwise(self, j: J) -> None:
        assert told("recovers", j.done(9000))[0] == "fail"

    def test_fails_at_once_where_nothing_can_change_it_any_more(self) -> None:
        j = J(heal="1h").up().gives_up(t=90).called("death")
        found = check("recovers", j.done(690, "gaveup"))
        assert (found.state, found.because, found.lines) == ("fail", "it gave up for good", (j["death"],))

    def test_its_limit_can_be_set(self) -> None:
        j = healed(limits_us={"recovers": 20_000_000}).ready(2, t=630).probed(2, t=640)
        assert told("recovers", j.done(2000))[0] == "fail"


class TestAHealingThatWaitsForTheGiveUp:
    NOT_TRIED = "it did not give up within 3 h, so what would bring it back was not tried"

    def lost(self, **scenario: Any) -> J:
        return J(heal="gaveup + 20m", **scenario).up().acts(t=60).loses(t=60).says("retrying").tries(t=10_799)

    def test_without_a_give_up_nothing_is_known(self) -> None:
        assert told("recovers", self.lost().done(10_800)) == ("unknown", self.NOT_TRIED)

    def test_without_a_give_up_no_other_check_passes(self) -> None:
        state, because = told("awake", self.lost().done(10_800))
        assert (state, because.endswith(f", but {self.NOT_TRIED}")) == ("unknown", True)
        assert told("secret", self.lost().leaks().done(10_800))[0] == "fail"
        assert told("flag", self.lost().done(10_800))[0] == "n/a"

    def test_the_moment_may_be_written_as_a_mapping(self) -> None:
        j = J(heal={"at": "gaveup + 20m", "held": "release"}).up().acts(t=60).loses(t=60)
        assert told("recovers", j.done(10_800)) == ("unknown", self.NOT_TRIED)

    def test_one_with_a_latest_time_is_judged_and_says_that_it_did_not_give_up(self) -> None:
        j = J(heal="gaveup + 20m or 2h").up().acts(t=60).loses(t=60).says("retrying")
        j = j.heals(t=7200).ready(2, t=7260).probed(2, t=7400)
        assert told("recovers", j.done(10_800)) == ("pass", f"{PROBED}; it had not given up by then")
        assert told("awake", j.records)[0] == "pass"

    def test_a_bot_that_is_back_after_it_recovers(self) -> None:
        j = self.lost().gives_up(t=6000).heals(t=7200).ready(2, t=7260).probed(2, t=7400)
        assert told("recovers", j.done(10_800)) == ("pass", PROBED)

    def test_a_bot_that_gave_up_silently_and_stays_away_fails(self) -> None:
        assert told("recovers", self.lost().gives_up(t=6000).heals(t=7200).done(10_800))[0] == "fail"

    def test_a_run_that_ends_before_it_is_undecided(self) -> None:
        j = self.lost().gives_up(t=10_000)
        assert told("recovers", j.done(10_800)) == ("unknown", "the run ended before the healing")

    def test_a_program_that_ended_itself_without_giving_up_is_no_matter_of_it(self) -> None:
        j = J(level="runner", heal="gaveup + 20m").up().acts(t=60).exits(1, t=90)
        assert told("awake", j.done(100, "exited"))[0] == "pass"
        assert told("recovers", j.records)[0] == "n/a"
