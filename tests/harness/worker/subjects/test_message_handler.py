"""What the handler of messages answers, how long it takes, and what is recorded of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from fake_qq_server.platform.told import LONGEST_OPENING
from harness.errors import SubjectError
from harness.hermes.layouts import LAYOUTS
from harness.journal.run_kinds import SubjAnswer
from harness.scenario.run_spec import Answers
from harness.worker.subjects.adapter import Endpoints
from harness.worker.subjects.gateway import GatewaySubject
from harness.worker.subjects.message_handler import REPLY, MessageHandler, reply_to
from tests.harness.worker.runs import Journal

EVENT = SimpleNamespace(text="hello", message_id="m1")


@pytest.mark.parametrize("length", [1, 14, 15, 16, 5000])
def test_a_long_answer_has_exactly_so_many_characters(length: int) -> None:
    assert len(reply_to("hello", length)) == length
    assert (REPLY + "hello").startswith(reply_to("hello", length)[:15])


def test_an_answer_repeats_the_first_line_only() -> None:
    assert reply_to("hello\n[a file at /tmp/x]", None) == "received: hello"
    assert reply_to("", None) == "received: "


def test_no_two_lines_of_a_long_answer_are_alike() -> None:
    lines = reply_to("hello", 5000).splitlines()
    assert len(lines) == len(set(lines)) > 100


def test_each_call_is_recorded_with_the_message_that_it_is_for(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    handler = MessageHandler(Answers(after_us=1), journal.record)
    assert asyncio.run(handler(EVENT, "told besides")) == "received: hello"
    assert [record.event for record in journal.records()] == [
        SubjAnswer("begin", None, None, "m1"),
        SubjAnswer("end", "ok", None, "m1", "received: hello", 15),
    ]


def test_a_handler_that_is_told_to_raise_does_so_after_its_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(RuntimeError, match="as the scenario says"):
        asyncio.run(MessageHandler(Answers("raise", after_us=1), journal.record)(EVENT))
    ended = journal.records()[-1].event
    assert isinstance(ended, SubjAnswer) and (ended.how, ended.text, ended.length) == ("raised", None, None)


def test_of_a_long_answer_the_beginning_and_the_length_are_recorded(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    answer = asyncio.run(MessageHandler(Answers(after_us=1, length=5000), journal.record)(EVENT))
    ended = journal.records()[-1].event
    assert isinstance(ended, SubjAnswer)
    assert ended.text is not None and " ".join(answer.split()).startswith(ended.text + " ")
    assert LONGEST_OPENING - 10 < len(ended.text) <= LONGEST_OPENING and ended.length == 5000


class Gateway:
    """A gateway's module, with a runner that has an agent, or none."""

    def __init__(self, **methods: object) -> None:
        self.GatewayRunner = type("GatewayRunner", (), methods)


def test_nothing_can_answer_in_the_place_of_an_agent_that_is_not_there(tmp_path: Path) -> None:
    adapter, layout = SimpleNamespace(), LAYOUTS[0]
    with pytest.raises(SubjectError, match="this gateway has no _handle_message_with_agent"):
        GatewaySubject(
            (adapter, Gateway()),
            layout,
            Endpoints("http://127.0.0.1:1", "http://127.0.0.1:2"),
            Journal(tmp_path).record,
            on_gave_up=lambda: None,
            on_handler=lambda n: None,
            answers=Answers(),
        )
