"""The platform beside QQ: its messages are numbered, and a subject that cannot have it says so."""

from __future__ import annotations

import pytest

from harness.errors import SubjectError
from harness.journal.runner_kinds import BesideWord
from harness.worker.subjects.other_platform import MessageCounter, register
from tests.harness.worker.runs import Journal


def test_each_message_is_by_a_new_user_and_its_first_answer_alone_is_recorded(journal: Journal) -> None:
    messages = MessageCounter(journal.record)
    assert [messages.new_message(), messages.new_message()] == ["user-1", "user-2"]
    for chat in ("user-2", "user-2", "somebody-else"):
        messages.answered(chat)
    assert journal.events() == [
        BesideWord(1, "asked"),
        BesideWord(2, "asked"),
        BesideWord(2, "answered"),
    ]


def test_a_subject_without_a_registry_of_platforms_cannot_have_another_platform(journal: Journal) -> None:
    with pytest.raises(SubjectError, match="no second platform can stand beside QQ here: No module named"):
        register(journal.record)
