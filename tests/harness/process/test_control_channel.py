"""What a worker asks of its parent, in one process: both ends need nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.owned_folders import OWNER
from harness.errors import HarnessError
from harness.process.control_channel import Asking, Serving


def fail(sentence: str) -> None:
    raise HarnessError(sentence)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda one, two: one + two,
    "fail": fail,
    "break": lambda: FUNCTIONS["missing"],
}


def test_a_function_is_called_by_name_and_its_answer_comes_back() -> None:
    with Serving(FUNCTIONS) as channel, Asking(channel.name) as parent:
        assert parent.ask("add", 1, 2) == 3
        assert parent.ask("add", [1], [None, "x"]) == [1, None, "x"]


def test_what_it_raises_is_raised_with_its_words() -> None:
    with Serving(FUNCTIONS) as channel, Asking(channel.name) as parent:
        with pytest.raises(HarnessError, match=r"^the server is gone$"):
            parent.ask("fail", "the server is gone")
        with pytest.raises(HarnessError, match=r"^KeyError: 'missing'$"):
            parent.ask("break")
        assert parent.ask("add", 1, 1) == 2


def test_a_parent_that_is_gone_is_one_sentence() -> None:
    with Serving(FUNCTIONS) as channel:
        parent = Asking(channel.name)
    with parent, pytest.raises(HarnessError, match=r"^the command that started this run does not answer"):
        parent.ask("add", 1, 2)
    with pytest.raises(HarnessError, match=r"cannot be reached"):
        Asking(channel.name)


def test_a_worker_that_never_asks_does_not_hold_the_parent_up() -> None:
    with Serving(FUNCTIONS) as channel:
        assert Path(channel.name).is_socket()
        assert Path(channel.name).with_name(OWNER).exists()  # so that the next removes what a killed one left
    assert not Path(channel.name).parent.exists()
