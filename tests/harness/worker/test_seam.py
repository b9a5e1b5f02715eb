"""Injected inside the client: each of the five points of the real adapter, and what can be made there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.events import RuleAct
from fake_qq_server.platform.replies import SeamReply
from fake_qq_server.rules.language import parse_rules
from harness.commands.results import Judged
from harness.commands.series import Series
from harness.errors import SubjectError
from harness.hermes import environments
from harness.journal.run_kinds import SubjAttempt, SubjConnect
from harness.scenario import selection
from harness.worker.seam import Seam, check_exceptions, make_exception, make_message, seam_rules

RUNS = """\
scenario: seam
story: Something comes out of the client's own calls.
issues: [14539]
levels: [adapter]
asks: [connects]
hypothetical: true
rules: []
variants:
  token: [{when: seam.token, which: 1, do: {raise: "httpx.ConnectError: no"}}]
  gateway: [{when: seam.gateway, which: 1, do: {raise: "OSError: [Errno 101]"}}]
  open: [{when: seam.open, which: 1, do: {raise: "aiohttp.WSServerHandshakeError: 403"}}]
  reopen:
    - {id: drop, at: ready + 60s, do: {close: 4009}}
    - {when: seam.open, from: drop, which: 1, do: {raise: "aiohttp.ClientConnectorError: no"}}
  receive: [{when: seam.receive, from: ready + 60s, which: 1, do: {raise: "OSError: [Errno 5]"}}]
  send: [{when: seam.send, from: ready + 60s, which: 1, do: {raise: "ConnectionResetError: gone"}}]
  close: [{when: seam.receive, from: ready + 60s, which: 1, do: {message: {type: close, code: 4009}}}]
  text: [{when: seam.receive, from: ready + 60s, which: 1, do: {message: {type: text, data: "no JSON"}}}]
  held: [{when: seam.receive, from: ready + 60s, which: 1, do: {message: {type: closed}, hold: 5s}}]
  no-such: [{when: seam.receive, from: ready + 60s, do: {raise: "aiohttp.NoSuchError: x"}}]
end: 20m
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    folder = tmp_path_factory.mktemp("seam")
    file = folder / "seam.yaml"
    file.write_text(RUNS)
    series = Series(environments.resolve("0.19.0"), folder / "out", jobs=2)
    done = series.run(selection.by_names([str(file)], "adapter"), lambda judged: None)
    return {judged.name.removeprefix("seam/"): judged for judged in done}


def ends(judged: Judged, kind: Any) -> list[tuple[str | None, str | None]]:
    """How each call ended, with its error."""
    return [(r.event.how, r.event.error) for r in judged.records if isinstance(r.event, kind) and r.event.how]


@pytest.mark.release
class TestTheRealAdapter:
    @pytest.mark.parametrize(
        "name", ["token", "gateway", "open", "reopen", "receive", "send", "close", "text", "held"]
    )
    def test_a_rule_at_each_of_the_five_points_acts_once(self, runs: dict[str, Judged], name: str) -> None:
        acts = [r for r in runs[name].records if isinstance(r.event, RuleAct) and r.event.verb != "close"]
        assert len(acts) == 1

    @pytest.mark.parametrize("name", ["token", "gateway", "open"])
    def test_connect_fails_with_an_exception_that_is_raised_inside_it(
        self, runs: dict[str, Judged], name: str
    ) -> None:
        assert ends(runs[name], SubjConnect)[0] == ("failed", None)
        outcome = runs[name].outcome
        assert outcome is not None and outcome.ending.name == "never-connected"

    @pytest.mark.parametrize("name", ["receive", "close", "held"])
    def test_one_reconnect_brings_the_adapter_back_into_service(
        self, runs: dict[str, Judged], name: str
    ) -> None:
        assert ends(runs[name], SubjAttempt) == [("ok", None)]

    def test_a_reconnect_fails_with_an_exception_that_is_raised_inside_it(
        self, runs: dict[str, Judged]
    ) -> None:
        assert [how for how, _ in ends(runs["reopen"], SubjAttempt)] == ["failed", "ok"]

    def test_a_text_message_that_is_no_json_is_ignored(self, runs: dict[str, Judged]) -> None:
        assert ends(runs["text"], SubjAttempt) == []
        outcome = runs["text"].outcome
        assert outcome is not None and outcome.ending.name == "tolerated"

    def test_a_message_with_a_hold_is_returned_that_much_later(self, runs: dict[str, Judged]) -> None:
        acts = [r.event for r in runs["held"].records if isinstance(r.event, RuleAct)]
        assert [act.us for act in acts] == [5_000_000]

    def test_an_exception_that_cannot_be_made_ends_the_run_before_it_reaches_the_subject(
        self, runs: dict[str, Judged]
    ) -> None:
        assert runs["no-such"].outcome is None
        problem = "raise: there is no aiohttp.NoSuchError in the subject's interpreter"
        assert runs["no-such"].problem == problem


class TestExceptions:
    @pytest.mark.parametrize(
        ("written", "kind", "text"),
        [
            ("OSError: [Errno 5]", "OSError", "[Errno 5] Input/output error"),
            ("OSError: [Errno 104] gone", "ConnectionResetError", "[Errno 104] gone"),
            ("OSError: gone", "OSError", "gone"),
            ("ValueError", "ValueError", ""),
            ("asyncio.TimeoutError", "TimeoutError", ""),
            ("httpx.ConnectError: no: really", "ConnectError", "no: really"),
            ("aiohttp.ClientConnectorError", "ClientConnectorError", "Connect call failed"),
            ("aiohttp.ClientConnectorError: no route", "ClientConnectorError", "no route"),
            ("aiohttp.WSServerHandshakeError: 502", "WSServerHandshakeError", "502, message="),
            ("aiohttp.WSServerHandshakeError", "WSServerHandshakeError", "403, message="),
        ],
    )
    def test_an_exception_has_the_type_and_text_that_the_rule_names(
        self, written: str, kind: str, text: str
    ) -> None:
        made = make_exception(written)
        assert type(made).__name__ == kind
        assert text in str(made)

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ("NoSuchError", "there is no NoSuchError"),
            ("no_such_module.Error", "there is no no_such_module.Error"),
            ("aiohttp.ClientSession", "is no exception"),
            ("json.JSONDecodeError: x", "cannot be made from a text alone"),
        ],
    )
    def test_an_exception_that_cannot_be_made_is_refused_with_the_reason(
        self, written: str, why: str
    ) -> None:
        with pytest.raises(SubjectError, match=why):
            make_exception(written)

    def test_only_the_exceptions_of_seam_rules_are_checked_before_a_run(self) -> None:
        good = {"when": "seam.open", "do": {"raise": "OSError"}}
        bad = {"when": "seam.receive", "do": {"raise": "aiohttp.NoSuchError"}}
        elsewhere = {"at": "1m", "do": "fin"}
        assert len(seam_rules(parse_rules([good, elsewhere]))) == 1
        check_exceptions(parse_rules([good, elsewhere]))
        with pytest.raises(SubjectError):
            check_exceptions(parse_rules([good, bad]))

    def test_an_adapter_without_the_methods_is_refused(self) -> None:
        with pytest.raises(SubjectError, match=r"this adapter has no _ensure_token\(\)"):
            Seam(object(), None)  # type: ignore[arg-type]


class TestMessages:
    @pytest.mark.parametrize(
        ("given", "kind", "data", "extra"),
        [
            ({"type": "close", "code": 4008, "reason": "slow"}, "CLOSE", 4008, "slow"),
            ({"type": "close"}, "CLOSE", None, ""),
            ({"type": "text", "data": "{}"}, "TEXT", "{}", ""),
            ({"type": "binary", "data": "x"}, "BINARY", b"x", ""),
            ({"type": "ping"}, "PING", b"", ""),
            ({"type": "closed"}, "CLOSED", None, None),
            ({"type": "closing"}, "CLOSING", None, None),
        ],
    )
    def test_a_message_has_the_type_and_data_that_aiohttp_would_deliver(
        self, given: dict[str, Any], kind: str, data: Any, extra: Any
    ) -> None:
        made = make_message(SeamReply(message=given))
        assert (made.type.name, made.data, made.extra) == (kind, data, extra)

    def test_an_error_message_holds_an_exception(self) -> None:
        made = make_message(SeamReply(message={"type": "error", "data": "broken"}))
        assert made.type.name == "ERROR" and isinstance(made.data, Exception)


def test_a_scenario_without_a_witness_must_be_marked_hypothetical(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(RUNS.replace("hypothetical: true\n", ""))
    with pytest.raises(Exception, match="hypothetical"):
        selection.by_names([str(file)], "adapter")
