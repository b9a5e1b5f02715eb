"""One gateway connection: what each frame is, what it is answered with, and what that does to the session."""

import json
from typing import Any, TypeVar

import pytest

from fake_qq_server.events import Event, EventSent, Session, WsIn, WsOut
from fake_qq_server.platform.exchange import Answer, Out
from fake_qq_server.platform.gateway import GatewayConnection
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Bot, GatewaySession, Platform
from fake_qq_server.platform.protocol import REFUSALS, Intent, Refusal
from fake_qq_server.platform.replies import FrameReply
from fake_qq_server.platform.units import MINUTE, SECOND

K = TypeVar("K", bound=Event)
C2C = "C2C_MESSAGE_CREATE"
HERMES_INTENTS = 1174409216


class Gateway:
    """A platform with one bot; opens connections and speaks as a client would."""

    def __init__(self, **options: Any) -> None:
        self.platform = Platform(Options(**options))
        self.bot = self.platform.register("1001", "hush")
        self.now = 0
        self.opened = 0

    @property
    def token(self) -> str:
        return f"QQBot {self.platform.token(self.bot, self.now).text}"

    def open(self, hint: Bot | None = None) -> GatewayConnection:
        self.opened += 1
        return GatewayConnection(self.platform, self.opened, hint)

    def say(self, conn: GatewayConnection, frame: str | dict[str, Any]) -> Answer:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return conn.received(text, self.now).default()

    def identify(self, conn: GatewayConnection, **d: Any) -> Answer:
        d = {"token": self.token, "intents": HERMES_INTENTS, "shard": [0, 1]} | d
        return self.say(conn, {"op": 2, "d": d})

    def resume(
        self, conn: GatewayConnection, session_id: str, seq: int | None, token: str | None = None
    ) -> Answer:
        d = {"token": token or self.token, "session_id": session_id, "seq": seq}
        return self.say(conn, {"op": 6, "d": d})

    def ready(self) -> tuple[GatewayConnection, GatewaySession]:
        """A connection that has identified, and its session."""
        conn = self.open()
        self.identify(conn)
        assert conn.session is not None
        return conn, conn.session


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def frame_of(out: Out) -> Any:
    assert out.text is not None
    return json.loads(out.text)


def frames(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(out.text) for out in answer.outs if out.text is not None]


def closes(answer: Any) -> list[tuple[int | None, str]]:
    return [out.close for out in answer.outs if out.close is not None]


def reported(answer: Any, kind: type[K]) -> list[K]:
    told = [*answer.events, *(event for out in answer.outs for event in out.events)]
    return [event for event in told if isinstance(event, kind)]


def assert_refused(answer: Any, name: str) -> None:
    row = REFUSALS[name]
    assert frames(answer) == ([{"op": 9, "d": False}] if row.invalid else [])
    assert closes(answer) == [row.close]


# -- opening, heartbeats ---------------------------------------------------------------------------------


def test_hello_comes_first(gateway: Gateway) -> None:
    (out,) = gateway.open().opened(0)
    assert frame_of(out) == {"op": 10, "d": {"heartbeat_interval": 41250}}
    assert out.events == (WsOut("hello"),)


@pytest.mark.parametrize("beat", [{"op": 1, "d": None}, {"op": 1, "d": 7}, {"op": 1, "s": 7}, {"op": 1}])
def test_a_heartbeat_is_acknowledged_at_any_time(gateway: Gateway, beat: dict[str, Any]) -> None:
    conn = gateway.open()
    assert frames(gateway.say(conn, beat)) == [{"op": 11}]
    gateway.identify(conn)
    assert frames(gateway.say(conn, beat)) == [{"op": 11}]


@pytest.mark.parametrize("beat", ['{"op":1,"d":7}', '{"op":1,"s":7}'])
def test_a_heartbeats_s_is_read_from_d_or_as_satori_sends_it(gateway: Gateway, beat: str) -> None:
    assert gateway.open().received(beat, 0).event == WsIn("heartbeat", s=7)


def test_missing_heartbeats_are_forgiven(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert conn.deadline() is None
    assert conn.overdue(10**15).outs == ()


def test_missing_heartbeats_close_where_a_limit_is_set() -> None:
    gateway = Gateway(heartbeat_timeout=2, heartbeat_ms=1000)
    conn = gateway.open()
    conn.opened(0)
    gateway.now = SECOND
    gateway.say(conn, {"op": 1})
    assert conn.deadline() == 3 * SECOND
    assert conn.overdue(3 * SECOND - 1).outs == ()
    assert closes(conn.overdue(3 * SECOND)) == [(4009, "Session timed out")]


# -- Identify --------------------------------------------------------------------------------------------


def test_identify_is_answered_with_ready_as_the_first_dispatch(gateway: Gateway) -> None:
    conn = gateway.open()
    answer = gateway.identify(conn, shard=[1, 4])
    (frame,) = frames(answer)
    assert (frame["t"], frame["s"], frame["d"]["shard"]) == ("READY", 1, [1, 4])
    assert conn.session is not None and frame["d"]["session_id"] == conn.session.id
    assert frame["d"]["user"] == gateway.platform.user_of(gateway.bot)
    assert conn.serving


def test_a_session_is_new_at_once_and_ready_when_that_is_written(gateway: Gateway) -> None:
    answer = gateway.identify(gateway.open())
    assert answer.events == (Session("new", 1),)
    assert answer.outs[0].events == (WsOut("ready", 1, "READY"), Session("ready", 1))


def test_identify_without_shard_is_shard_0_of_1(gateway: Gateway) -> None:
    (frame,) = frames(gateway.identify(gateway.open(), shard=None))
    assert frame["d"]["shard"] == [0, 1]


def test_identify_needs_no_hello_and_no_prefix(gateway: Gateway) -> None:
    raw = gateway.token.removeprefix("QQBot ")
    assert frames(gateway.identify(gateway.open(), token=raw))[0]["t"] == "READY"


def test_a_stray_field_is_ignored(gateway: Gateway) -> None:
    d = {"token": gateway.token, "intents": 1}
    answer = gateway.say(gateway.open(), {"op": 2, "d": d, "Session": None})
    assert frames(answer)[0]["t"] == "READY"


@pytest.mark.parametrize(
    "d",
    [
        {"token": 5},
        {"token": None},
        {"intents": "x"},
        {"intents": None},
        {"shard": [0]},
        {"shard": "01"},
        {"shard": ["0", "1"]},
    ],
)
def test_a_misshapen_identify_is_4002(gateway: Gateway, d: Any) -> None:
    conn = gateway.open()
    assert_refused(gateway.identify(conn, **d), "bad-payload")
    assert conn.session is None


@pytest.mark.parametrize("d", [None, [], "x"])
def test_identify_and_resume_without_an_object_are_4002(gateway: Gateway, d: Any) -> None:
    assert_refused(gateway.say(gateway.open(), {"op": 2, "d": d}), "bad-payload")
    assert_refused(gateway.say(gateway.open(), {"op": 6, "d": d}), "bad-payload")


def test_a_bad_token_is_4004(gateway: Gateway) -> None:
    answer = gateway.identify(gateway.open(), token="QQBot nonsense")
    assert_refused(answer, "bad-token")
    assert answer.events == (Session("refused", None, "bad-token"),)


def test_an_expired_token_is_4004(gateway: Gateway) -> None:
    old = gateway.token
    gateway.now = 7200 * SECOND
    assert_refused(gateway.identify(gateway.open(), token=old), "bad-token")


@pytest.mark.parametrize("shard", [[1, 1], [-1, 1], [0, 0]])
def test_an_impossible_shard_is_4010(gateway: Gateway, shard: list[int]) -> None:
    assert_refused(gateway.identify(gateway.open(), shard=shard), "bad-shard")


@pytest.mark.parametrize("intents", [1 << 5, -1, 1 << 40])
def test_unknown_intents_are_op_9_then_4903(gateway: Gateway, intents: int) -> None:
    answer = gateway.identify(gateway.open(), intents=intents)
    assert_refused(answer, "bad-intents")
    assert closes(answer) == [(4903, "create session error")]
    assert answer.outs[0].text is not None and answer.outs[1].close is not None


def test_intents_without_permission_are_refused_too() -> None:
    gateway = Gateway(intents=int(Intent.GUILDS))
    assert_refused(gateway.identify(gateway.open()), "bad-intents")


def test_a_second_identify_is_4005(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert_refused(gateway.identify(conn), "already-authenticated")
    assert gateway.platform.sessions == [session]


def test_two_connections_of_one_shard_are_both_live(gateway: Gateway) -> None:
    (first, _), (second, _) = gateway.ready(), gateway.ready()
    assert first.serving and second.serving


# -- frames out of place ---------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [3, 12, 13, 99, -1])
def test_an_unknown_opcode_is_4001(gateway: Gateway, op: int) -> None:
    conn, _ = gateway.ready()
    assert_refused(gateway.say(conn, {"op": op}), "unknown-opcode")


@pytest.mark.parametrize("op", [0, 7, 9, 10])
def test_the_servers_opcodes_are_not_the_clients(gateway: Gateway, op: int) -> None:
    conn, _ = gateway.ready()
    assert_refused(gateway.say(conn, {"op": op}), "unknown-opcode")


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"op":"2"}', '{"op":true}'])
def test_a_text_that_is_no_frame_is_closed_with_4002(gateway: Gateway, text: str) -> None:
    conn = gateway.open()
    assert conn.received(text, 0).event == WsIn("other")
    assert_refused(gateway.say(conn, text), "bad-payload")


@pytest.mark.parametrize("op", [0, 11])
def test_other_frames_before_identify_are_closed_with_4003(gateway: Gateway, op: int) -> None:
    assert_refused(gateway.say(gateway.open(), {"op": op}), "not-authenticated")


def test_an_ack_after_identify_is_fine(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert gateway.say(conn, {"op": 11}).outs == ()


def test_nothing_is_answered_after_a_close(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    conn.close(4009, "")
    assert gateway.say(conn, {"op": 1}).outs == ()
    assert conn.dispatch(C2C, {}, 0) == ()


# -- Resume ----------------------------------------------------------------------------------------------


def dropped(gateway: Gateway, written: int = 0, missed: int = 0) -> GatewaySession:
    """A session whose connection ended after some messages, and missed more."""
    conn, session = gateway.ready()
    for _ in range(written):
        conn.dispatch(C2C, {}, gateway.now)
    conn.ended(gateway.now)
    for _ in range(missed):
        gateway.platform.dispatch(session, C2C, {}, gateway.now)
    return session


def test_resume_replays_everything_after_seq_and_then_says_resumed(gateway: Gateway) -> None:
    session = dropped(gateway, written=2, missed=2)
    answer = gateway.resume(gateway.open(), session.id, 2)
    assert [(f["s"], f["t"]) for f in frames(answer)] == [(3, C2C), (4, C2C), (5, C2C), (6, "RESUMED")]
    assert [(e.s, e.replay) for e in reported(answer, EventSent)] == [(3, True), (4, True), (5, True)]


def test_a_replayed_event_is_the_same_frame(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    (out,) = conn.dispatch(C2C, {}, 0)
    conn.ended(0)
    assert gateway.resume(gateway.open(), session.id, 1).outs[0].text == out.text


def test_resumed_is_reported_when_it_is_written(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    answer = gateway.resume(gateway.open(), session.id, 1)
    assert answer.events == ()
    assert answer.outs[-1].events == (
        WsOut("resumed", 3, "RESUMED"),
        Session("resumed", session.ordinal, replayed_from=2),
    )


def test_a_resume_that_missed_nothing_replays_nothing(gateway: Gateway) -> None:
    session = dropped(gateway, written=1)
    answer = gateway.resume(gateway.open(), session.id, 2)
    assert [f["t"] for f in frames(answer)] == ["RESUMED"]
    assert reported(answer, Session)[0].replayed_from is None


def test_s_goes_on_after_a_resume(gateway: Gateway) -> None:
    session = dropped(gateway)
    conn = gateway.open()
    gateway.resume(conn, session.id, 1)
    (out,) = conn.dispatch(C2C, {}, 0)
    assert frame_of(out)["s"] == 3 and conn.serving


def test_botgo_resumes_with_the_bare_token(gateway: Gateway) -> None:
    session = dropped(gateway)
    answer = gateway.resume(gateway.open(), session.id, 1, token=gateway.token.removeprefix("QQBot "))
    assert frames(answer)[-1]["t"] == "RESUMED"


def test_a_null_seq_counts_as_none_seen(gateway: Gateway) -> None:
    session = dropped(gateway, written=1)
    assert [f["t"] for f in frames(gateway.resume(gateway.open(), session.id, None))] == [C2C, "RESUMED"]


def test_an_unknown_session_is_op_9_then_4006(gateway: Gateway) -> None:
    answer = gateway.resume(gateway.open(), "garbage", 1)
    assert_refused(answer, "unknown-session")
    assert answer.events == (Session("refused", None, "unknown-session"),)


def test_a_session_whose_window_passed_is_unknown(gateway: Gateway) -> None:
    session = dropped(gateway)
    gateway.now = 5 * MINUTE + 1
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")


@pytest.mark.parametrize("close", [(4902, "reset by resume"), (4006, "")])
def test_a_stale_resume_can_be_closed_instead(close: tuple[int, str]) -> None:
    gateway = Gateway(refusals={"unknown-session": Refusal(False, close, "a test")})
    answer = gateway.resume(gateway.open(), "garbage", 1)
    assert (frames(answer), closes(answer)) == ([], [close])


def test_another_bots_session_is_unknown(gateway: Gateway) -> None:
    session = dropped(gateway)
    gateway.bot = gateway.platform.register("1002", "x")
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")


def test_resume_with_a_bad_token_is_4004_and_leaves_the_session(gateway: Gateway) -> None:
    session = dropped(gateway)
    assert_refused(gateway.resume(gateway.open(), session.id, 1, token="QQBot no"), "bad-token")
    assert frames(gateway.resume(gateway.open(), session.id, 1))[-1]["t"] == "RESUMED"


@pytest.mark.parametrize("seq", [2, 99, -1])
def test_a_seq_that_was_never_given_out_is_4007(gateway: Gateway, seq: int | None) -> None:
    session = dropped(gateway)
    assert_refused(gateway.resume(gateway.open(), session.id, seq), "bad-seq")


def test_a_seq_older_than_what_is_kept_is_4007() -> None:
    gateway = Gateway(replay_limit=2)
    session = dropped(gateway, missed=3)
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "bad-seq")
    assert len(frames(gateway.resume(gateway.open(), session.id, 2))) == 3


@pytest.mark.parametrize("d", [{"seq": "1"}, {"seq": 1.5}, {"session_id": None}, {"token": 1}])
def test_a_misshapen_resume_is_4002(gateway: Gateway, d: Any) -> None:
    good = {"token": gateway.token, "session_id": "x", "seq": 1}
    assert_refused(gateway.say(gateway.open(), {"op": 6, "d": good | d}), "bad-payload")


def test_resume_on_an_identified_connection_is_4005(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert_refused(gateway.resume(conn, session.id, 1), "already-authenticated")


def test_a_newer_resume_displaces_the_old_connection(gateway: Gateway) -> None:
    old, session = gateway.ready()
    new = gateway.open()
    answer = gateway.resume(new, session.id, 1)
    closing, resumed = answer.outs
    assert (closing.conn, closing.close) == (old.number, (4902, "reset by resume"))
    assert closing.events[1] == Session("dropped", session.ordinal, "reset by resume")
    assert resumed.conn == new.number
    assert not old.serving and new.serving


def test_a_displaced_connection_answers_nothing_and_its_end_changes_nothing(gateway: Gateway) -> None:
    old, session = gateway.ready()
    new = gateway.open()
    gateway.resume(new, session.id, 1)
    assert gateway.say(old, {"op": 1}).outs == ()
    assert old.ended(1) == ()
    assert session.conn == new.number and session.dropped_at is None


# -- dispatch, end ---------------------------------------------------------------------------------------


def test_a_message_is_written_with_the_next_s_and_reported(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    (out,) = conn.dispatch(C2C, {"content": "yo"}, 0)
    frame = frame_of(out)
    assert (frame["op"], frame["s"], frame["d"]["content"]) == (0, 2, "yo")
    assert frame["id"].startswith(C2C)
    assert out.events == (WsOut("dispatch", 2, C2C), EventSent(frame["d"]["id"], C2C, 2, replay=False))


def test_the_harness_own_message_is_marked(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    (sent,) = [e for e in conn.dispatch(C2C, {}, 0, probe=True)[0].events if isinstance(e, EventSent)]
    assert sent.probe


def test_what_is_no_message_is_not_reported_as_one(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    assert conn.dispatch("FRIEND_ADD", {}, 0)[0].events == (WsOut("dispatch", 2, "FRIEND_ADD"),)


def test_nothing_is_dispatched_before_identify(gateway: Gateway) -> None:
    assert gateway.open().dispatch(C2C, {}, 0) == ()


def test_replay_sends_again_what_the_client_has(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    sent = conn.dispatch(C2C, {}, 0) + conn.dispatch(C2C, {}, 0)
    again = conn.replay(0)
    assert [out.text for out in again] == [out.text for out in sent]
    assert [e.replay for out in again for e in out.events if isinstance(e, EventSent)] == [True, True]


def test_the_end_of_a_connection_drops_its_session_once(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    assert conn.ended(5, "fin") == (Session("dropped", session.ordinal, "fin"),)
    assert conn.ended(6) == ()
    assert session.dropped_at == 5


def test_a_connection_that_never_identified_drops_nothing(gateway: Gateway) -> None:
    assert gateway.open().ended(0) == ()


@pytest.mark.parametrize(("code", "answer"), [(4009, "RESUMED"), (4900, None)])
def test_what_we_closed_with_decides_about_resume(gateway: Gateway, code: int, answer: Any) -> None:
    conn, session = gateway.ready()
    assert conn.close(code, "").events == (WsOut("close", code=code, reason=""),)
    conn.ended(0)
    assert frames(gateway.resume(gateway.open(), session.id, 1))[-1].get("t") == answer


def test_a_final_close_ends_the_session_before_the_connection_ends(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    conn.close(4900, "")
    assert_refused(gateway.resume(gateway.open(), session.id, 1), "unknown-session")


# -- rules in between ------------------------------------------------------------------------------------


def identify_text(gateway: Gateway) -> str:
    return json.dumps({"op": 2, "d": {"token": gateway.token, "intents": 1}})


def test_reading_a_frame_changes_nothing(gateway: Gateway) -> None:
    conn = gateway.open()
    received = conn.received(identify_text(gateway), 0)
    assert (received.op, received.bot, received.event) == ("identify", 1, WsIn("identify"))
    assert gateway.platform.sessions == [] and conn.session is None


def test_an_identify_that_a_rule_answers_makes_no_session(gateway: Gateway) -> None:
    conn = gateway.open()
    answer = conn.received(identify_text(gateway), 0).settle(FrameReply(close=(4009, "no")))
    assert closes(answer) == [(4009, "no")] and answer.events == ()
    assert gateway.platform.sessions == []


def test_nothing_is_written_where_a_rule_answers_nothing(gateway: Gateway) -> None:
    conn, session = gateway.ready()
    conn.ended(0)
    text = json.dumps({"op": 6, "d": {"token": gateway.token, "session_id": session.id, "seq": 1}})
    assert gateway.open().received(text, 0).settle(FrameReply()).outs == ()
    assert session.conn is None and session.s == 1


def test_the_default_is_written_where_no_rule_answers(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.settle(None) is received.default()


def test_the_default_is_decided_once(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.ask.default() == received.ask.default()
    assert len(gateway.platform.sessions) == 1


def test_a_rule_that_keeps_the_default_keeps_its_events(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    assert received.settle(received.ask.default()) == received.default()


def test_a_replay_stays_one_behind_a_rule(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    d = {"token": gateway.token, "session_id": session.id, "seq": 1}
    received = gateway.open().received(json.dumps({"op": 6, "d": d}), 0)
    assert [e.replay for e in reported(received.settle(received.ask.default()), EventSent)] == [True]


def test_a_rule_can_double_the_replay(gateway: Gateway) -> None:
    session = dropped(gateway, missed=1)
    d = {"token": gateway.token, "session_id": session.id, "seq": 1}
    received = gateway.open().received(json.dumps({"op": 6, "d": d}), 0)
    missed, resumed = received.ask.default().texts
    answer = received.settle(FrameReply((missed, missed, resumed)))
    assert [(e.s, e.replay) for e in reported(answer, EventSent)] == [(2, True), (2, True)]
    assert [e.what for e in reported(answer, Session)] == ["resumed"]


def test_a_rule_that_rewrites_ready_still_makes_it_ready(gateway: Gateway) -> None:
    received = gateway.open().received(identify_text(gateway), 0)
    (text,) = received.ask.default().texts
    answer = received.settle(FrameReply((text.replace('"version":1', '"version":2'),)))
    assert answer.events == (Session("new", 1),)
    assert reported(answer, Session)[-1] == Session("ready", 1)


def test_a_rules_own_frame_is_read_for_what_it_is(gateway: Gateway) -> None:
    conn, _ = gateway.ready()
    text = '{"op":0,"s":40,"t":"C2C_MESSAGE_CREATE","d":{"id":"M"}}'
    assert conn.frame(text).events == (WsOut("dispatch", 40, C2C), EventSent("M", C2C, 40, replay=False))
    assert conn.frame("rubbish").events == (WsOut("other"),)


def test_the_upgrade_or_the_token_tells_the_bot(gateway: Gateway) -> None:
    assert gateway.open(gateway.bot).received('{"op":1}', 0).bot == 1
    assert gateway.open().received('{"op":1}', 0).bot is None
