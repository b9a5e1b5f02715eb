"""The engine, driven by hand. `Story` plays the places: it acts on every decision, and follows the clock.

Times are seconds here, to be read easily; the engine counts microseconds.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_qq_server.rules import engine as engine_module
from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.decisions import Act, Decision, Push, Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment, Span, parse_moment


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


class Story:
    """One bot's engine and what came out of it: `pushed` and `turned` as (seconds, verb or rule, ...)."""

    def __init__(
        self, *rules: dict[str, Any], seed: int = 0, heal: str | None = None, acting: bool = True
    ) -> None:
        self.rules = parse_rules(list(rules))
        ids = [rule.id for rule in self.rules if rule.id]
        self.engine = Engine(self.rules, seed, parse_moment(heal, (), ids) if heal else None)
        self.acting = acting
        self.now = 0
        self.pushed: list[tuple[float, str]] = []
        self.turned: list[tuple[float, str, bool]] = []
        self.healed: list[float] = []

    def event(self, name: str, t: float | None = None, **about: Any) -> list[str]:
        """What the rules do to this event at once: the verbs' names, answers first."""
        return [act.do.verb for act in self._acts(self.decision(name, t, **about))]

    def decision(self, name: str, t: float | None = None, **about: Any) -> Decision:
        self.until(self.now / 1e6 if t is None else t)
        decision = self.engine.decide(name, self.now, **about)
        for act in self._acts(decision):
            self.act(act)
        self._settle()
        return decision

    def mark(self, name: str, t: float) -> None:
        self.until(t)
        self.engine.mark(name, self.now)
        self._settle()

    def act(self, act: Act) -> None:
        if self.acting:
            self.engine.acted(act, self.now)

    def until(self, t: float) -> None:
        """Follows `next_due` up to t."""
        for _ in range(100_000):
            due = self.engine.next_due()
            if due is None or due > us(t):
                self.now = max(self.now, us(t))
                return
            self.now = max(self.now, due)
            self._step(self.engine.advance(self.now))
        raise AssertionError("next_due makes no progress")

    def _settle(self) -> None:
        self.until(self.now / 1e6)

    def _step(self, step: Step) -> None:
        now = self.now / 1e6
        for push in step.pushes:
            assert push.due_us <= self.now
            self.pushed.append((now, push.do.verb))
            self.act(push)
        self.turned += [(now, act.rule.key, True) for act in step.on]
        self.turned += [(now, act.rule.key, False) for act in step.off]
        self.healed += [now] if step.healed else []

    @staticmethod
    def _acts(decision: Decision) -> list[Act]:
        return [*decision.answers, *decision.pushes]

    def lying(self, host: str, direction: str | None = None, conn: int | None = None) -> list[str]:
        return [act.do.verb for act in self.engine.conditions(self.now, host, direction, conn)]

    def unmet(self) -> list[tuple[str, str, int]]:
        return [(unmet.rule.key, unmet.wanted, unmet.got) for unmet in self.engine.unmet()]


GATEWAY = "http.gateway"
FAIL: dict[str, Any] = {"when": GATEWAY, "do": {"status": 500}}
DROP: dict[str, Any] = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}


# ---- rule 1: every matching rule acts, in file order; deleting one changes no other


def test_rule_1_every_matching_rule_acts_in_file_order() -> None:
    story = Story(
        {"when": "ws.out.ready", "do": "fin"},
        {"when": "ws.out.resumed", "do": "fin"},
        {"when": "ws.out.any", "do": [{"close": 4008}, "rst"]},
        {"when": "ws.out.ready", "which": 1, "do": {"frame": "x"}},
    )
    assert story.event("ws.out.ready", 1) == ["fin", "close", "rst", "frame"]
    assert story.event("ws.out.ready", 2) == ["fin", "close", "rst"]
    assert story.event("ws.in.identify", 3) == []


def test_rule_1_what_is_due_together_comes_in_file_order() -> None:
    story = Story(
        {"at": "10s", "do": [{"frame": "1"}, "fin"]},
        {"at": "5s", "every": "5s", "do": "rst"},
        {"at": "8s", "do": {"close": 4000, "after": "2s"}},
    )
    story.until(10)
    assert story.pushed == [(5.0, "rst"), (10.0, "frame"), (10.0, "fin"), (10.0, "rst"), (10.0, "close")]


def test_rule_1_pushes_of_one_rule_keep_their_order() -> None:
    story = Story(
        {"when": "ws.connect", "do": [{"frame": "x", "after": "3s"}, {"close": 4000, "after": "3s"}]}
    )
    story.event("ws.connect", 1)
    story.event("ws.connect", 1)
    occurrences = [(push.do.verb, push.occurrence) for push in story.engine.advance(us(4)).pushes]
    assert occurrences == [("frame", 1), ("frame", 2), ("close", 1), ("close", 2)]


@given(st.integers(0, 3), st.integers(0, 2**32))
def test_rule_1_deleting_a_rule_never_changes_another(deleted: int, seed: int) -> None:
    rules: list[dict[str, Any]] = [
        {"when": GATEWAY, "chance": 0.5, "do": "fin"},
        {"when": GATEWAY, "chance": 0.5, "do": "rst"},
        {"when": GATEWAY, "which": "every 3", "do": {"frame": "x"}},
        {"when": GATEWAY, "chance": 0.5, "which": "2..", "do": {"close": 4000}},
    ]
    verbs = ["fin", "rst", "frame", "close"]

    def told(kept: list[dict[str, Any]]) -> list[list[str]]:
        story = Story(*kept, seed=seed)
        return [story.event(GATEWAY, n) for n in range(20)]

    whole = [[verb for verb in done if verb != verbs[deleted]] for done in told(rules)]
    assert told(rules[:deleted] + rules[deleted + 1 :]) == whole


# ---- rule 2: answers, pushes, conditions


def test_rule_2_answers_and_pushes_are_told_apart() -> None:
    decision = Story({"when": "ws.in.identify", "do": ["noanswer", {"close": 4004}]}).decision(
        "ws.in.identify", 1
    )
    assert [act.do.verb for act in decision.answers] == ["noanswer"]
    assert [(push.do.verb, push.due_us) for push in decision.pushes] == [("close", us(1))]
    assert not decision.conflict


def test_rule_2_two_answers_to_one_event_are_a_conflict() -> None:
    story = Story(FAIL, {**FAIL, "from": "1s", "which": 2})
    assert not story.decision(GATEWAY, 1).conflict
    assert story.decision(GATEWAY, 2).conflict


def test_rule_2_every_act_knows_its_occurrence() -> None:
    story = Story({"when": "ws.in.identify", "do": ["noanswer", "fin"]})
    for occurrence in (1, 2, 3):
        decision = story.decision("ws.in.identify", occurrence)
        assert [act.occurrence for act in (*decision.answers, *decision.pushes)] == [occurrence] * 2


def test_rule_1_delayed_pushes_due_together_come_in_file_order() -> None:
    story = Story(
        {"when": "ws.connect", "do": {"frame": "x", "after": "1s"}},
        {"when": "ws.connect", "do": {"close": 4000, "after": "2s"}},
        {"when": GATEWAY, "do": {"frame": "x", "after": "1s"}},
    )
    engine = story.engine
    engine.decide(GATEWAY, us(2))
    engine.decide("ws.connect", us(1))
    engine.decide("ws.connect", us(2))
    by_due = [(push.due_us, push.rule) for push in engine.advance(us(3)).pushes]
    first, second, third = story.rules
    assert by_due == [(us(2), first), (us(3), first), (us(3), second), (us(3), third)]


def test_rule_2_a_delayed_push_comes_later_and_once() -> None:
    story = Story({"when": GATEWAY, "which": "..2", "do": {"frame": "x", "after": "7s"}})
    assert story.event(GATEWAY, 1) == []
    assert story.engine.next_due() == us(8)
    story.event(GATEWAY, 2)
    story.until(7.9)
    assert story.pushed == []
    story.until(100)
    assert story.pushed == [(8.0, "frame"), (9.0, "frame")]
    assert story.engine.next_due() is None


def test_rule_2_a_condition_holds_for_its_window() -> None:
    story = Story({"link": "ws.down", "from": "10s", "until": "20s", "do": "silent"})
    assert story.lying("ws", "down") == []
    story.until(10)
    assert story.lying("ws", "down") == ["silent"]
    story.until(19.9)
    assert story.lying("ws", "down") == ["silent"]
    story.until(20)
    assert story.lying("ws", "down") == []
    assert story.turned == [(10.0, story.rules[0].key, True), (20.0, story.rules[0].key, False)]
    assert story.engine.next_due() is None


@pytest.mark.parametrize(
    ("link", "host", "direction", "lies"),
    [
        ("ws", "ws", "down", True), ("ws", "ws", "up", True), ("ws", "ws", None, True),
        ("ws", "api", "up", False),
        ("ws.up", "ws", "up", True), ("ws.up", "ws", "down", False), ("ws.up", "ws", None, True),
        ("any", "token", "up", True), ("any.down", "api", "down", True), ("any.down", "api", "up", False),
        ("token", "any", None, False),
    ],
)  # fmt: skip
def test_rule_2_a_condition_has_a_host_and_may_have_a_direction(
    link: str, host: str, direction: str | None, lies: bool
) -> None:
    assert Story({"link": link, "do": "stall"}).lying(host, direction) == (["stall"] if lies else [])


def test_rule_2_conditions_that_do_not_apply_hide_none_that_do() -> None:
    story = Story(
        {"link": "api", "do": "stall"},
        {"link": "ws.up", "do": "silent"},
        {"link": "ws", "where": {"conn": 9}, "do": "stall"},
        {"id": "luck", "link": "ws", "chance": 0.0001, "do": "stall"},
        {"link": "ws", "do": {"latency": "1s"}},
    )
    (act,) = story.engine.conditions(0, "ws", "down", 1)
    assert (act.do.verb, act.rule) == ("latency", story.rules[4])


def test_rule_2_all_conditions_of_a_connection_in_file_order() -> None:
    story = Story(
        {"link": "ws", "do": [{"latency": "1s"}, "stall"]},
        {"link": "ws.up", "where": {"conn": "2.."}, "do": "silent"},
        {"link": "any", "from": "10s", "do": "blackhole"},
    )
    assert story.lying("ws", "up", 1) == ["latency", "stall"]
    assert story.lying("ws", "up", 2) == ["latency", "stall", "silent"]
    assert story.lying("ws", "up") == ["latency", "stall"]
    (act, *_) = story.engine.conditions(0, "ws", "up", 3)
    assert act.occurrence == 3
    assert story.engine.conditions(0, "ws", "up")[0].occurrence == 0


# ---- rule 3: windows and counting


def test_rule_3_windows_are_half_open() -> None:
    story = Story({**FAIL, "from": "10s", "until": "20s"})
    assert [bool(story.event(GATEWAY, t)) for t in (0, 9.999999, 10, 19.999999, 20, 21)] == [
        False, False, True, True, False, False,
    ]  # fmt: skip


def test_rule_3_a_window_is_the_whole_run_by_default() -> None:
    story = Story(FAIL)
    assert story.event(GATEWAY, 0) == ["status"]
    assert story.event(GATEWAY, 86_400) == ["status"]


def test_rule_3_which_counts_matching_events_inside_the_window_from_1() -> None:
    story = Story({**FAIL, "from": "10s", "which": "2..3"})
    assert [bool(story.event(GATEWAY, t)) for t in (1, 2, 10, 11, 12, 13)] == [
        False, False, False, True, True, False,
    ]  # fmt: skip


def test_rule_3_only_matching_events_count() -> None:
    story = Story({"when": "http.any", "which": 2, "where": {"path": "/v2/*"}, "do": {"status": 500}})
    assert story.event("http.api", 1, path="/v2/a") == []
    assert story.event("http.api", 2, path="/users/@me") == []
    assert story.event("ws.connect", 3, path="/v2/a") == []
    assert story.event("http.api", 4, path="/v2/b") == ["status"]


def test_rule_3_each_bot_counts_for_itself() -> None:
    rules = parse_rules([{**FAIL, "which": 2}])
    one, other = Engine(rules), Engine(rules)
    one.decide(GATEWAY, 1)
    assert other.decide(GATEWAY, 2) == Decision()
    assert one.decide(GATEWAY, 3).answers


def test_rule_3_a_window_opens_when_its_mark_comes() -> None:
    story = Story(DROP, {**FAIL, "from": "drop"}, {"when": "http.token", "until": "drop", "do": "noanswer"})
    assert story.event(GATEWAY, 100) == []
    assert story.event("http.token", 100) == ["noanswer"]
    story.mark("ready", 100)
    assert story.event(GATEWAY, 159.999999) == []
    story.until(160)
    assert story.pushed == [(160.0, "close")]
    assert story.event(GATEWAY) == ["status"]
    assert story.event("http.token") == []


def test_rule_3_a_window_until_a_rule_stays_open_while_it_has_not_acted() -> None:
    story = Story(DROP, {**FAIL, "until": "drop"}, acting=False)
    story.mark("ready", 1)
    story.until(1000)
    assert story.pushed == [(61.0, "close")]
    assert story.event(GATEWAY) == ["status"]


def test_rule_3_where_narrows_frames_by_connection_and_s() -> None:
    story = Story({"when": "ws.out.dispatch", "where": {"conn": 2, "s": "3.."}, "do": "fin"})
    assert story.event("ws.out.dispatch", 1, conn=1, s=3) == []
    assert story.event("ws.out.dispatch", 1, conn=2, s=2) == []
    assert story.event("ws.out.dispatch", 1, s=3) == []
    assert story.event("ws.out.dispatch", 1, conn=2, s=3) == ["fin"]


# ---- rule 4: chance


def test_rule_4_draws_are_what_they_always_were() -> None:
    """Recorded: another number here changes every journal with a seed in it."""
    assert draw(0, "drop", 1) == DRAWN
    assert draw(0, "drop", 1) != draw(1, "drop", 1) != draw(0, "drop", 2) != draw(0, "drip", 1)
    assert draw(1, "2", 3) != draw(12, "3")


DRAWN = 0.8561450960575716


@given(st.integers(), st.text(), st.integers())
def test_rule_4_draws_lie_between_0_and_1(seed: int, key: str, occurrence: int) -> None:
    assert 0 <= draw(seed, key, occurrence) < 1


def test_rule_4_chance_is_drawn_for_each_occurrence() -> None:
    story = Story({"id": "maybe", "when": GATEWAY, "chance": 0.3, "do": {"status": 500}}, seed=7)
    told = [bool(story.event(GATEWAY, n)) for n in range(1, 301)]
    assert told == [draw(7, "maybe", n) < 0.3 for n in range(1, 301)]
    assert 60 < sum(told) < 120


def test_rule_4_an_event_that_chance_spares_is_counted_all_the_same() -> None:
    rule = {"id": "maybe", "when": GATEWAY, "chance": 0.5, "do": "fin"}
    story, other = Story(rule), Story({**rule, "which": "10.."})
    told = [story.event(GATEWAY, n) for n in range(1, 40)]
    assert [other.event(GATEWAY, n) for n in range(1, 40)] == [[]] * 9 + told[9:]


def test_rule_4_equal_rules_draw_apart() -> None:
    rule = {"when": GATEWAY, "chance": 0.5, "do": "fin"}
    story = Story(rule, rule)
    assert {len(story.event(GATEWAY, n)) for n in range(40)} == {0, 1, 2}


def test_rule_4_a_condition_is_drawn_once_a_connection() -> None:
    story = Story({"id": "slow", "link": "any", "chance": 0.5, "do": "stall"}, seed=3)
    for host in ("ws", "api"):
        first = [story.lying(host, "up", conn) for conn in range(1, 60)]
        assert first == [story.lying(host, "down", conn) for conn in range(1, 60)]
        assert first == [["stall"] if draw(3, "slow", host, conn) < 0.5 else [] for conn in range(1, 60)]


def test_rule_4_a_draw_as_high_as_the_chance_is_no_act() -> None:
    story = Story(
        {"id": "event", "when": GATEWAY, "chance": draw(0, "event", 1), "do": "fin"},
        {"id": "cable", "link": "ws", "chance": draw(0, "cable", "ws", 1), "do": "stall"},
    )
    assert story.event(GATEWAY, 1) == []
    assert story.lying("ws", None, 1) == []


def test_rule_4_the_seed_is_0_unless_it_is_given() -> None:
    rules = parse_rules([{"id": "maybe", "when": GATEWAY, "chance": 0.5, "do": "fin"}])
    told = [bool(Engine(rules).decide(GATEWAY, 0).pushes) for _ in range(1)]
    assert told == [draw(0, "maybe", 1) < 0.5]
    assert (draw(0, "maybe", 1) < 0.5) != (draw(1, "maybe", 1) < 0.5)


def test_rule_4_a_chance_of_1_always_acts() -> None:
    story = Story({"when": GATEWAY, "chance": 1, "do": "fin"}, {"link": "ws", "chance": 1, "do": "stall"})
    assert all(story.event(GATEWAY, n) for n in range(50))
    assert all(story.lying("ws", None, n) for n in range(50))


# ---- rule 5: fires


def test_rule_5_a_rule_must_act_once_unless_it_says_otherwise() -> None:
    story = Story(
        FAIL,
        {"id": "never", "at": "500s", "do": "fin"},
        {"id": "may", "at": "500s", "do": "fin", "fires": "0.."},
        {"id": "twice", "when": "ws.connect", "do": "fin", "fires": 2},
        {"id": "once-only", "when": "ws.connect", "do": "fin", "fires": "1..1"},
    )
    assert story.unmet() == [
        (story.rules[0].key, "1..", 0),
        ("never", "1..", 0),
        ("twice", "2..", 0),
        ("once-only", "1", 0),
    ]
    story.event(GATEWAY, 1)
    story.event("ws.connect", 2)
    assert story.unmet() == [("never", "1..", 0), ("twice", "2..", 1)]
    story.event("ws.connect", 3)
    assert story.unmet() == [("never", "1..", 0), ("once-only", "1", 2)]


def test_rule_5_every_verb_of_a_rule_must_have_acted() -> None:
    story = Story(
        {"id": "both", "when": "ws.in.identify", "do": ["noanswer", "fin"], "fires": "1..1"}, acting=False
    )
    decision = story.decision("ws.in.identify", 1)
    story.engine.acted(decision.answers[0], us(1))
    assert story.unmet() == [("both", "1", 0)]
    story.engine.acted(decision.pushes[0], us(1))
    assert story.unmet() == []
    story.engine.acted(decision.pushes[0], us(2))
    assert story.unmet() == [("both", "1", 2)]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"at": "500s", "do": "fin"}, "what it waits for never came"),
        ({"when": GATEWAY, "do": "fin"}, "it matched and had nothing to act on"),
        ({"link": "ws", "do": "stall"}, "nothing met the condition"),
    ],
)
def test_rule_5_unmet_says_why(rule: dict[str, Any], why: str) -> None:
    story = Story(rule, acting=False)
    story.event(GATEWAY, 1)
    (unmet,) = story.engine.unmet()
    assert unmet.why == why


def test_rule_5_unmet_says_when_it_was_too_seldom() -> None:
    story = Story({"when": GATEWAY, "do": "fin", "fires": 3})
    story.event(GATEWAY, 1)
    (unmet,) = story.engine.unmet()
    assert (unmet.got, unmet.why) == (1, "it acted, but not that often")


# ---- rule 6: pushes and marks


def test_rule_6_a_push_says_which_connection_it_is_for() -> None:
    story = Story(
        {"at": "1s", "where": {"conn": 2}, "do": "rst"}, {"when": GATEWAY, "where": {"conn": 1}, "do": "fin"}
    )
    (push,) = story.engine.advance(us(1)).pushes
    assert push.conn == Span(2, 2)
    (push,) = story.engine.decide(GATEWAY, us(2), conn=7).pushes
    assert push.conn == Span(1, 1)
    (push,) = Story({"at": "1s", "do": "rst"}).engine.advance(us(1)).pushes
    assert push.conn is None


def test_rule_6_a_push_that_met_no_connection_has_not_acted() -> None:
    story = Story(DROP, {**FAIL, "from": "drop"}, acting=False)
    story.mark("ready", 0)
    story.until(60)
    assert story.pushed == [(60.0, "close")]
    assert story.event(GATEWAY, 61) == []
    assert story.unmet()[0] == ("drop", "1..", 0)


@pytest.mark.parametrize("mark", ["ready", "resumed", "lost"])
def test_rule_6_a_mark_is_its_first_occurrence_unless_it_says_which(mark: str) -> None:
    story = Story({"at": mark, "do": "fin"}, {"at": f"{mark}#3 + 5s", "do": "rst"})
    for t in (10, 20, 30, 40):
        story.mark(mark, t)
    story.until(100)
    assert story.pushed == [(10.0, "fin"), (35.0, "rst")]


def test_rule_6_a_rules_nth_act_is_its_marks_nth_occurrence() -> None:
    story = Story(
        {"id": "no", "when": GATEWAY, "do": ["noanswer", "fin"]},
        {"at": "no#2", "do": "rst"},
        {"at": "no", "do": "fin"},
    )
    story.event(GATEWAY, 1)
    story.event(GATEWAY, 2)
    story.event(GATEWAY, 3)
    assert story.pushed == [(1.0, "fin"), (2.0, "rst")]


def test_rule_6_rules_can_follow_each_other_at_one_instant() -> None:
    story = Story(
        {"id": "a", "at": "5s", "do": "fin"},
        {"id": "b", "at": "a", "do": "rst"},
        {"at": "b", "do": {"frame": "x"}},
    )
    story.until(5)
    assert story.pushed == [(5.0, "fin"), (5.0, "rst"), (5.0, "frame")]


# ---- rule 7: heal


def test_rule_7_heal_ends_every_rule() -> None:
    story = Story(
        FAIL,
        {"at": "5s", "every": "5s", "do": "rst"},
        {"link": "ws", "do": "refuse"},
        {"link": "api", "from": "60s", "do": "stall"},
        {"when": "http.token", "do": {"frame": "x", "after": "3s"}},
        heal="20s",
    )
    assert story.event(GATEWAY, 19.999999) == ["status"]
    story.event("http.token")
    assert story.lying("ws") == ["refuse"]
    story.until(20)
    assert story.event(GATEWAY) == []
    assert story.lying("ws") == []
    story.until(1000)
    assert story.lying("api") == []
    assert story.pushed == [(5.0, "rst"), (10.0, "rst"), (15.0, "rst")]
    assert story.healed == [20.0]
    assert story.engine.healed_at == us(20)
    assert story.turned == [(0.0, story.rules[2].key, True), (20.0, story.rules[2].key, False)]
    assert story.engine.next_due() is None


def test_rule_7_nothing_acts_once_healing_is_due_though_nobody_advanced() -> None:
    engine = Engine(parse_rules([FAIL, {"link": "ws", "do": "stall"}]), 0, Moment(None, 1, us(20)))
    assert engine.decide(GATEWAY, us(20)) == Decision()
    assert engine.conditions(us(20), "ws") == ()
    assert engine.healed_at is None


def test_rule_7_heal_may_wait_for_a_mark() -> None:
    story = Story(DROP, {**FAIL, "from": "drop"}, heal="drop + 30s")
    story.until(500)
    assert story.healed == []
    story.mark("ready", 500)
    story.until(589)
    assert story.event(GATEWAY) == ["status"]
    story.until(1000)
    assert story.healed == [590.0]
    assert story.event(GATEWAY) == []


def test_rule_7_heal_may_wait_for_a_mark_that_no_rule_names() -> None:
    story = Story(FAIL, heal="lost#2 + 5s")
    story.mark("lost", 10)
    story.mark("lost", 20)
    story.until(100)
    assert story.healed == [25.0]


def test_rule_7_after_healing_by_hand_nothing_is_due() -> None:
    story = Story(
        {"at": "5s", "every": "5s", "do": "rst"}, {"link": "ws", "from": "90s", "do": "stall"}, heal="900s"
    )
    story.mark("heal", 12)
    assert story.engine.next_due() is None


def test_rule_7_it_can_be_healed_by_hand_and_only_once() -> None:
    story = Story(
        FAIL,
        {"link": "ws", "do": "stall"},
        {"when": GATEWAY, "do": {"frame": "x", "after": "50s"}},
        heal="900s",
    )
    story.event(GATEWAY, 1)
    story.mark("heal", 10)
    story.mark("heal", 11)
    story.until(2000)
    assert story.engine.healed_at == us(10)
    assert story.turned[-1] == (10.0, story.rules[1].key, False)
    assert (story.pushed, story.healed) == ([], [])
    assert story.event(GATEWAY) == []


def test_rule_7_a_late_caller_gets_what_came_before_the_healing() -> None:
    engine = Engine(parse_rules([{"at": "5s", "every": "5s", "do": "rst"}]), 0, Moment(None, 1, us(17)))
    step = engine.advance(us(100))
    assert [push.due_us for push in step.pushes] == [us(5), us(10), us(15)]
    assert step.healed
    assert engine.advance(us(200)) == Step()


def test_rule_7_a_delayed_push_due_at_the_healing_is_cancelled() -> None:
    engine = Engine(
        parse_rules([{"when": GATEWAY, "do": {"frame": "x", "after": "5s"}}]), 0, Moment(None, 1, us(10))
    )
    engine.decide(GATEWAY, us(5))
    engine.decide(GATEWAY, us(4.9))
    assert [push.due_us for push in engine.advance(us(10)).pushes] == [us(9.9)]


# ---- rule 9: active and counting from the start


def test_rule_9_rules_count_before_anything_connected() -> None:
    story = Story({**FAIL, "which": 2}, {"at": "0s", "do": "fin"}, {"link": "ws", "do": "refuse"})
    assert story.engine.next_due() == 0
    story.until(0)
    assert story.lying("ws") == ["refuse"]
    assert story.pushed == [(0.0, "fin")]
    assert story.event(GATEWAY, 0) == []
    assert story.event(GATEWAY, 0) == ["status"]


# ---- at, every, edges


def test_ticks_of_a_repeating_rule_end_with_its_window() -> None:
    story = Story({"at": "3m", "every": "65s", "until": "8m", "do": "rst"})
    story.until(10_000)
    assert [t for t, _ in story.pushed] == [180.0, 245.0, 310.0, 375.0, 440.0]
    assert story.engine.next_due() is None


def test_a_tick_at_the_windows_end_is_the_end() -> None:
    story = Story({"at": "10s", "every": "10s", "until": "30s", "do": "rst"})
    story.until(30)
    assert [t for t, _ in story.pushed] == [10.0, 20.0]
    assert story.engine.next_due() is None


def test_ticks_before_the_window_do_not_count() -> None:
    story = Story(
        {"at": "10s", "every": "10s", "from": "25s", "until": "65s", "which": "every 2", "do": "rst"}
    )
    story.until(100)
    assert [t for t, _ in story.pushed] == [40.0, 60.0]


def test_a_tick_may_be_late_by_its_verbs_delay() -> None:
    story = Story({"at": "10s", "every": "10s", "until": "35s", "do": {"frame": "x", "after": "7s"}})
    story.until(100)
    assert [t for t, _ in story.pushed] == [17.0, 27.0, 37.0]


def test_a_rule_at_a_moment_acts_once() -> None:
    story = Story({"at": "ready", "do": "rst"})
    assert story.engine.next_due() is None
    story.mark("ready", 3)
    story.mark("ready", 4)
    story.until(100)
    assert story.pushed == [(3.0, "rst")]


def test_a_late_caller_gets_every_tick_with_its_own_time() -> None:
    engine = Engine(parse_rules([{"at": "1s", "every": "1s", "do": "rst"}]))
    pushes = engine.advance(us(3.5)).pushes
    assert [(push.due_us, push.occurrence) for push in pushes] == [(us(1), 1), (us(2), 2), (us(3), 3)]
    assert engine.next_due() == us(4)
    assert isinstance(pushes[0], Push)


def test_a_condition_whose_window_was_missed_never_comes_on() -> None:
    engine = Engine(parse_rules([{"link": "ws", "from": "10s", "until": "20s", "do": "stall"}]))
    assert engine.advance(us(30)) == Step()
    assert engine.next_due() is None


def test_a_condition_of_a_mark_comes_on_with_it() -> None:
    story = Story(DROP, {"link": "ws", "from": "drop", "until": "resumed", "do": "refuse"})
    story.mark("ready", 0)
    story.until(70)
    story.mark("resumed", 80)
    key = story.rules[1].key
    assert story.turned == [(60.0, key, True), (80.0, key, False)]
    assert story.lying("ws") == []


def test_a_condition_without_an_end_stays() -> None:
    story = Story({"link": "ws", "do": "refuse"})
    story.until(100_000)
    assert story.turned == [(0.0, story.rules[0].key, True)]
    assert story.engine.next_due() is None


def test_a_window_that_closes_before_it_opens_never_opens() -> None:
    story = Story(
        {"link": "ws", "from": "lost", "until": "resumed", "do": "stall"},
        {**FAIL, "from": "lost", "until": "resumed"},
    )
    story.mark("resumed", 5)
    story.mark("lost", 6)
    story.until(100)
    assert (story.turned, story.lying("ws"), story.event(GATEWAY)) == ([], [], [])
    assert story.engine.next_due() is None


def test_conditions_come_and_go_in_file_order() -> None:
    rules = [
        {"id": "a", "link": "ws", "until": "5s", "do": "stall"},
        {"id": "b", "link": "api", "until": "5s", "do": "stall"},
    ]
    engine = Engine(parse_rules(rules))
    assert [(act.rule.key, act.occurrence) for act in engine.advance(0).on] == [("a", 0), ("b", 0)]
    assert [(act.rule.key, act.occurrence) for act in engine.advance(us(5)).off] == [("a", 0), ("b", 0)]


def test_two_verbs_of_a_condition_come_and_go_together() -> None:
    engine = Engine(parse_rules([{"link": "ws", "until": "5s", "do": [{"latency": "1s"}, "stall"]}]))
    assert [act.do.verb for act in engine.advance(0).on] == ["latency", "stall"]
    assert [act.do.verb for act in engine.advance(us(5)).off] == ["latency", "stall"]


# ---- bounds


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """The limit per instant, made small."""
    monkeypatch.setattr(engine_module, "PER_INSTANT", 50)
    return 50


def test_rules_that_set_each_other_off_without_end_are_stopped(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": {"frame": "x"}}]))
    acted = sum(len(engine.decide("ws.out.any", us(1)).pushes) for _ in range(few + 50))
    assert acted == few
    assert engine.overrun is engine._states[0].rule
    assert engine.decide("ws.out.any", us(2)).pushes


def test_as_many_matches_as_are_allowed_are_no_overrun(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": {"frame": "x"}}]))
    for _ in range(few):
        engine.decide("ws.out.any", us(1))
    assert engine.overrun is None


def test_the_first_rule_to_go_too_far_is_named(few: int) -> None:
    engine = Engine(parse_rules([{"when": "ws.out.any", "do": "fin"}, {"when": "ws.out.any", "do": "rst"}]))
    for _ in range(few):
        engine.decide("ws.out.any", us(1))
    assert engine.overrun is not None
    assert engine.overrun.do[0].verb == "fin"


def test_a_long_jump_is_taken_in_bounded_steps(few: int) -> None:
    engine = Engine(parse_rules([{"at": "0s", "every": "1ms", "do": "fin"}]))
    assert len(engine.advance(us(100)).pushes) == few
    assert engine.next_due() == us(few / 1000)


def test_without_rules_nothing_is_due() -> None:
    engine = Engine(())
    assert engine.next_due() is None
    assert engine.advance(us(5)) == Step()
    assert engine.unmet() == ()
    assert Engine((), 0, Moment(None, 1, 7)).next_due() == 7


def test_memory_is_bounded_by_what_is_asked_for() -> None:
    story = Story({"at": "lost#2", "do": "fin"})
    for t in range(1000):
        story.mark("lost", t)
        story.mark("ready", t)
    assert sum(map(len, story.engine._marks.values())) == 2
