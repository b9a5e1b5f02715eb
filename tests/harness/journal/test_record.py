"""Records, their lines and the digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from types import ModuleType

import pytest

from fake_qq_server import events
from fake_qq_server.events import Envelope, Event, HttpAnswer, HttpSend, RuleAct, WsOut
from harness.journal import process_kinds, run_kinds, runner_kinds
from harness.journal.record import KINDS, JournalError, Record, digest, field_names, parse, parse_line
from harness.journal.run_kinds import ClockHeld, FixRef, RunClose, RunOpen, SpanEvent, SubjHandler, SubjLog

HELD = Record(3, 60_000_000, "loop", ClockHeld("pool"), x={"wall_s": 0.5})
LINE = (
    '{"n":3,"t":60000000,"src":"loop","k":"clock.held","conn":null,"req":null,"bot":null,"cause":null,'
    '"rule":null,"d":{"thread":"pool"},"x":{"wall_s":0.5}}'
)


def subclasses(base: type[Event]) -> Iterator[type[Event]]:
    for cls in base.__subclasses__():
        yield cls
        yield from subclasses(cls)


class TestKinds:
    tables = (*events.KINDS, *run_kinds.KINDS, *runner_kinds.KINDS, *process_kinds.KINDS)

    def test_every_concrete_event_of_ours_stands_in_one_table_exactly_once(self) -> None:
        concrete = [
            cls
            for cls in subclasses(Event)
            if cls.KIND and cls.__module__.startswith(("fake_qq_", "harness."))
        ]
        assert sorted(map(str, concrete)) == sorted(map(str, self.tables))

    @pytest.mark.parametrize("room", [events, run_kinds, runner_kinds, process_kinds])
    def test_a_table_holds_the_kinds_of_its_own_module(self, room: ModuleType) -> None:
        assert {kind.__module__ for kind in room.KINDS} == {room.__name__}

    def test_no_two_kinds_share_a_name(self) -> None:
        assert len({kind.KIND for kind in self.tables}) == len(self.tables) == len(KINDS)

    def test_a_base_without_a_name_is_no_kind(self) -> None:
        assert SpanEvent not in KINDS.values()


class TestALine:
    def test_has_the_envelope_the_fields_and_what_may_differ(self) -> None:
        assert HELD.as_json() == LINE

    def test_keeps_letters_of_every_script(self) -> None:
        assert '"你好"' in Record(1, 0, "probe", SubjLog("INFO", "gateway", "你好")).as_json()

    def test_for_the_digest_has_sorted_keys_and_no_x(self) -> None:
        line = json.loads(HELD.as_json(digest=True))
        assert list(line) == sorted(line)
        assert "x" not in line

    def test_says_whom_the_record_concerns_and_what_caused_it(self) -> None:
        about = Envelope(conn=1, req=2, bot=3, cause=4, rule="drop")
        line = json.loads(Record(5, 0, "rules", RuleAct("close"), about).as_json())
        assert [line[key] for key in Record.KEYS] == [1, 2, 3, 4, "drop"]

    def test_holds_the_fields_of_a_derived_kind_in_order(self) -> None:
        line = json.loads(Record(1, 0, "probe", SubjHandler("end", "ok", None, 2)).as_json())
        assert tuple(line["d"]) == field_names(SubjHandler)

    def test_refuses_a_value_that_json_does_not_know(self) -> None:
        with pytest.raises(TypeError, match="object does not belong in a journal"):
            Record(1, 0, "loop", ClockHeld("pool"), x={"what": object()}).as_json()

    def test_field_names_are_the_parents_first(self) -> None:
        assert field_names(SubjHandler) == ("phase", "how", "error", "number")


class TestParsing:
    @pytest.mark.parametrize(
        "event",
        [ClockHeld("pool"), SubjHandler("end", "raised", "ValueError: x", 2), WsOut("close", code=4009)],
    )
    def test_reads_what_was_written(self, event: Event) -> None:
        record = Record(1, 5, "loop", event, Envelope(conn=1), {"wall_s": 1})
        assert parse(record.as_json() + "\n") == [record]

    def test_a_field_with_a_default_may_be_missing(self) -> None:
        line = LINE.replace("clock.held", "run.close").replace('"thread":"pool"', '"why":"end"')
        assert parse_line(line, 1).event == RunClose("end")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (LINE[:-5], "JSONDecodeError"),
            ("[1, 2]", "TypeError"),
            (LINE.replace("clock.held", "clock.stuck"), "KeyError..clock.stuck"),
            (LINE.replace('"conn":null,', ""), "KeyError..conn"),
            (LINE.replace('"n":3', '"n":"3"'), "n is '3'"),
            (LINE.replace('"t":60000000', '"t":null'), "t is None"),
            (LINE.replace('"t":60000000', f'"t":{"9" * 400}'), "a number has 400 digits"),
            (LINE.replace('"conn":null', '"conn":[]'), r"conn is \[\]"),
            (LINE.replace('"rule":null', '"rule":5'), "rule is 5"),
            (LINE.replace('{"thread":"pool"}', '["thread"]'), r"d of clock.held is \['thread'\]"),
            (LINE.replace('"thread":"pool"', ""), r"clock.held has the fields \[\], not \['thread'\]"),
            (LINE.replace('"thread":"pool"', '"thread":"pool","pid":1'), "has the fields .'pid', 'thread'"),
        ],
    )
    def test_a_line_that_is_no_record_is_named_with_the_reason(self, line: str, why: str) -> None:
        with pytest.raises(JournalError, match=f"line 2 is no journal record: .*{why}"):
            parse(f"{LINE}\n{line}\n")

    def test_a_value_of_any_length_is_not_quoted_whole(self) -> None:
        with pytest.raises(JournalError, match="n is 'xxx") as told:
            parse(LINE.replace('"n":3', f'"n":"{"x" * 50_000}"'))
        assert len(str(told.value)) < 300


class TestAFieldThatAKindGainedLater:
    OLD = (
        '{"n":1,"t":0,"src":"peer","k":"http.answer","conn":null,"req":null,"bot":null,"cause":null,'
        '"rule":null,"d":{"endpoint":"api","status":200,"verb":null},"x":{}}'
    )

    def test_is_left_out_while_it_is_null_so_that_an_older_journal_keeps_its_digest(self) -> None:
        (record,) = parse(self.OLD)
        assert record.event == HttpAnswer("api", 200)
        assert record.as_json() == self.OLD
        assert set(json.loads(record.as_json(digest=True))["d"]) == {"endpoint", "status", "verb"}

    def test_is_written_and_read_where_it_is_known(self) -> None:
        record = Record(1, 0, "peer", HttpAnswer("api", 400, code=5, accepted=False))
        assert json.loads(record.as_json())["d"]["code"] == 5
        assert parse(record.as_json()) == [record]

    def test_is_covered_by_the_digest(self) -> None:
        one, other = (Record(1, 0, "peer", HttpAnswer("api", 200, accepted=it)) for it in (True, False))
        assert digest([one]) != digest([other])

    @pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.KIND)
    def test_has_null_as_its_default(self, kind: type[Event]) -> None:
        assert all(f.default is None for f in fields(kind) if f.metadata.get("omit_null"))


class TestDigest:
    def test_covers_half_a_surrogate_pair_which_a_client_may_send(self) -> None:
        record = Record(1, 0, "peer", HttpSend("c2c", "U", "message", msg_id="\ud800"))
        assert digest([record]).startswith("sha256:")

    def test_does_not_cover_what_may_differ_between_equal_runs(self) -> None:
        assert digest([HELD]) == digest([replace(HELD, x={"wall_s": 99})])

    @pytest.mark.parametrize(
        "changed",
        [
            replace(HELD, n=4),
            replace(HELD, t=1),
            replace(HELD, src="parent"),
            replace(HELD, event=ClockHeld("main")),
            replace(HELD, about=Envelope(cause=1)),
        ],
    )
    def test_covers_everything_else(self, changed: Record) -> None:
        assert digest([HELD]) != digest([changed])

    def test_a_fix_that_a_journal_gives_by_name_alone_is_covered_as_it_was_written(self) -> None:
        line = Record(1, 0, "loop", RunOpen(1, "a/b", "adapter", 0, "baton", FixRef("x"), {}, {})).as_json()
        assert '"fix":"x"' in line
        assert parse(line)[0].as_json() == line

    def test_a_fix_with_its_content_is_covered_whole(self) -> None:
        fix = FixRef("x", "patch", "ab")
        line = json.loads(
            Record(1, 0, "loop", RunOpen(1, "a/b", "adapter", 0, "baton", fix, {}, {})).as_json()
        )
        assert line["d"]["fix"] == {"name": "x", "kind": "patch", "sha256": "ab"}

    def test_names_its_algorithm(self) -> None:
        assert digest([]) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
