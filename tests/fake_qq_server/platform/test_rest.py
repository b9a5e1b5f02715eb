"""The HTTP hosts: token endpoint, gateway look-up, sending, errors."""

import json
from collections.abc import Mapping
from typing import Any, Literal

import pytest

from fake_qq_server.events import HttpSend
from fake_qq_server.platform import protocol, rest
from fake_qq_server.platform.api import Request
from fake_qq_server.platform.media import MEDIA
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.replies import HttpReply
from fake_qq_server.platform.rest import CONTENT_OF, LONGEST_NOTICE_S, Asked, endpoint_of
from fake_qq_server.platform.rows import Stored
from fake_qq_server.platform.sends import INPUT_NOTIFY
from fake_qq_server.platform.units import DAY, MINUTE, SECOND

HostName = Literal["token", "api"]
C2C, GROUP = "C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE"


class Host:
    """A platform with one bot, and requests against it."""

    def __init__(self, options: Options | None = None) -> None:
        self.platform = Platform(options)
        self.bot = self.platform.register("1001", "hush")
        self.session = self.platform.open_session(self.bot, protocol.ALL_INTENTS, (0, 1), 1, 0)
        self.now = 0

    def request(
        self, method: str, path: str, body: Any = None, host: HostName = "api", **headers: str
    ) -> Request:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return Request(host, method, path, headers, raw, self.now)

    def token(self, body: Any = None, content_type: str = "application/json") -> HttpReply:
        body = {"appId": "1001", "clientSecret": "hush"} if body is None else body
        ask = self.request("POST", "/app/getAppAccessToken", body, "token", **{"content-type": content_type})
        return rest.respond(self.platform, ask)

    def call(self, method: str, path: str, body: Any = None, authorization: str | None = None) -> HttpReply:
        key = authorization or f"QQBot {self.platform.token(self.bot, self.now).text}"
        return rest.respond(self.platform, self.request(method, path, body, authorization=key))

    def message(self, t: str = C2C, **fields: Any) -> Stored:
        stored = self.platform.dispatch(self.session, t, fields, self.now)
        assert stored is not None
        return stored

    def reply(
        self, msg_id: str, seq: int | None = 1, to: str | None = None, scene: str = "users", **more: Any
    ) -> HttpReply:
        to = to or self.platform.replyables[msg_id].target
        body = {"content": "re", "msg_type": 0, "msg_id": msg_id, "msg_seq": seq, **more}
        return self.call("POST", f"/v2/{scene}/{to}/messages", body)


@pytest.fixture
def host() -> Host:
    return Host()


def told(reply: HttpReply) -> Mapping[str, Any]:
    """The JSON object of a reply."""
    assert isinstance(reply.payload, Mapping)
    return reply.payload


def code_of(reply: HttpReply) -> Any:
    return told(reply).get("code")


# -- token -----------------------------------------------------------------------------------------------


def test_expires_in_is_a_string(host: Host) -> None:
    assert told(host.token())["expires_in"] == "7200"


def test_a_second_request_tells_the_seconds_left(host: Host) -> None:
    first = told(host.token())
    host.now = 5978 * SECOND
    assert told(host.token()) == {"access_token": first["access_token"], "expires_in": "1222"}


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        ({"appId": 1001, "clientSecret": "hush"}, "application/json", 100002),
        (b"appId=1001", "application/json", 100002),
        ({"appId": "1001", "clientSecret": "hush"}, "text/plain", 100007),
        ({"appId": "1001", "clientSecret": "wrong"}, "application/json", 100016),
        ({"appId": "9999", "clientSecret": "hush"}, "application/json", 10004),
    ],
)
def test_token_errors_come_with_status_200(host: Host, body: Any, content_type: str, code: Any) -> None:
    reply = host.token(body, content_type)
    assert (reply.status, code_of(reply)) == (200, code)


def test_a_charset_in_the_content_type_is_fine(host: Host) -> None:
    assert "access_token" in told(host.token(content_type="application/json; charset=utf-8"))


def test_the_token_endpoint_takes_only_post(host: Host) -> None:
    assert rest.respond(host.platform, host.request("GET", rest.TOKEN_PATH, host="token")).status == 405
    assert rest.respond(host.platform, host.request("POST", "/other", host="token")).status == 404


# -- gateway ---------------------------------------------------------------------------------------------


def test_gateway_names_the_url(host: Host) -> None:
    assert told(host.call("GET", "/gateway")) == {"url": "wss://api.sgroup.qq.com/websocket"}


def test_each_bot_can_have_its_own_gateway() -> None:
    host = Host(Options(gateway_urls={1: "ws://127.0.0.1:1/bot1"}))
    assert told(host.call("GET", "/gateway"))["url"] == "ws://127.0.0.1:1/bot1"


def test_gateway_bot_tells_shards_and_session_starts(host: Host) -> None:
    payload = told(host.call("GET", "/gateway/bot"))
    assert payload["shards"] == 1
    assert payload["session_start_limit"]["remaining"] == 999


# -- authorization, routes -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["QQBot nonsense", "Bot 1001.hush"])
def test_a_bad_token_is_401_with_11244(host: Host, key: str) -> None:
    reply = host.call("GET", "/gateway", authorization=key)
    assert (reply.status, code_of(reply)) == (401, 11244)


def test_a_missing_token_is_401(host: Host) -> None:
    assert rest.respond(host.platform, host.request("GET", "/gateway")).status == 401


def test_an_expired_token_is_401(host: Host) -> None:
    old = host.platform.token(host.bot, 0).text
    host.now = 7200 * SECOND
    assert code_of(host.call("GET", "/users/@me", authorization=f"QQBot {old}")) == 11244


def test_an_error_has_its_trace_id_in_body_and_header(host: Host) -> None:
    reply = host.call("GET", "/nothing")
    assert told(reply)["trace_id"] == reply.headers["X-Tps-trace-ID"]
    assert len(told(reply)["trace_id"]) == 32
    assert told(reply)["trace_id"] != told(host.call("GET", "/nothing"))["trace_id"]


def test_an_unknown_api_is_404_and_a_wrong_method_405(host: Host) -> None:
    assert host.call("GET", "/v3/nothing").status == 404
    assert host.call("DELETE", "/gateway").status == 405


def test_the_bot_is_a_user(host: Host) -> None:
    me = told(host.call("GET", "/users/@me"))
    assert me == host.platform.user_of(host.bot) and me["bot"] is True


def test_an_interaction_is_answered_with_an_empty_object(host: Host) -> None:
    reply = host.call("PUT", "/interactions/abc", {"code": 0})
    assert (reply.status, told(reply)) == (200, {})


# -- sending ---------------------------------------------------------------------------------------------


def test_a_reply_gets_id_timestamp_and_ref_idx(host: Host) -> None:
    payload = told(host.reply(host.message().id))
    assert payload["id"].startswith("ROBOT1.0_")
    assert payload["timestamp"] == "2026-11-22T20:00:00+08:00"
    assert payload["ext_info"]["ref_idx"].startswith("REFIDX_")


def test_the_same_msg_seq_twice_is_dropped_as_a_repeat(host: Host) -> None:
    asked = host.message().id
    assert host.reply(asked, seq=3).status == 200
    assert (host.reply(asked, seq=3).status, code_of(host.reply(asked, seq=3))) == (400, 40054005)
    assert host.reply(asked, seq=4).status == 200


def test_msg_seq_is_1_where_none_is_given(host: Host) -> None:
    asked = host.message().id
    assert host.reply(asked, seq=None).status == 200
    assert code_of(host.reply(asked, seq=1)) == 40054005


def test_a_message_takes_five_replies(host: Host) -> None:
    asked = host.message().id
    assert [host.reply(asked, seq=n).status for n in range(1, 6)] == [200] * 5
    assert code_of(host.reply(asked, seq=6)) == 22009


TYPING: dict[str, Any] = {
    "msg_type": 6,
    "content": None,
    "input_notify": {"input_type": 1, "input_second": 60},
}


def test_typing_does_not_count_as_a_reply(host: Host) -> None:
    asked = host.message().id
    for seq in range(100, 110):
        assert host.reply(asked, seq=seq, **TYPING).status == 200
    assert host.reply(asked, seq=1).status == 200


def test_typing_and_a_reply_may_have_one_msg_seq(host: Host) -> None:
    asked = host.message().id
    assert host.reply(asked, seq=1, **TYPING).status == 200
    assert host.reply(asked, seq=1).status == 200
    assert host.reply(asked, seq=1, **TYPING).status == 200


def test_typing_must_name_a_message_and_come_in_time(host: Host) -> None:
    asked = host.message().id
    host.now = 60 * MINUTE + 1
    assert code_of(host.reply(asked, **TYPING)) == 304027
    assert code_of(host.reply("ROBOT1.0_other!", to="U", **TYPING)) == 40034024


@pytest.mark.parametrize(
    ("notify", "taken"),
    [
        ({"input_type": 1, "input_second": 1}, True),
        ({"input_type": 1, "input_second": LONGEST_NOTICE_S}, True),
        ({"input_type": 1, "input_second": LONGEST_NOTICE_S + 1}, False),
        ({"input_type": 1, "input_second": 0}, False),
        ({"input_type": 1, "input_second": "60"}, False),
        ({"input_type": 1}, False),
        ({"input_type": 2, "input_second": 60}, False),
        ({}, False),
        ("typing", False),
        (None, False),
    ],
)
def test_a_typing_notice_says_for_how_many_seconds_it_is_shown(host: Host, notify: Any, taken: bool) -> None:
    reply = host.reply(host.message().id, msg_type=6, content=None, input_notify=notify)
    assert (reply.status == 200) is taken


@pytest.mark.parametrize(
    ("msg_type", "field"),
    [(kind, field) for kind, fields in CONTENT_OF.items() for field in fields if kind != INPUT_NOTIFY],
)
def test_a_message_has_what_its_type_says(host: Host, msg_type: int, field: str) -> None:
    asked = host.message().id
    nothing: dict[str, Any] = {"content": None, "msg_type": msg_type}
    assert code_of(host.reply(asked, **nothing)) == code_of(host.reply(asked, content="")) is not None
    assert host.reply(asked, **{**nothing, field: "x"}).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"msg_type": 2, "content": "x"},
        {"msg_type": 0, "content": None, "markdown": {"content": "x"}},
        {"msg_type": 7, "content": "x"},
        {"msg_type": 5, "content": "x"},
        {"msg_type": "0", "content": "x"},
        {"msg_type": 0, "content": None, "input_notify": {"input_type": 1, "input_second": 60}},
    ],
)
def test_what_its_type_does_not_have_is_no_content_of_a_message(host: Host, body: dict[str, Any]) -> None:
    asked = host.message().id
    assert code_of(host.reply(asked, **body)) == code_of(host.reply(asked, content="")) is not None


def test_a_message_without_a_type_is_a_text(host: Host) -> None:
    asked = host.message()
    body = {"content": "re", "msg_id": asked.id}
    target = host.platform.replyables[asked.id].target
    assert host.call("POST", f"/v2/users/{target}/messages", body).status == 200


@pytest.mark.parametrize("more", [{"content": "x"}, {"markdown": {"content": "x"}}, {"image": "u"}])
def test_a_guild_knows_no_types(host: Host, more: dict[str, Any]) -> None:
    asked = host.message("AT_MESSAGE_CREATE").id
    where = f"/channels/{host.platform.replyables[asked].target}/messages"
    assert host.call("POST", where, {"msg_id": asked, "msg_type": 9, **more}).status == 200
    assert code_of(host.call("POST", where, {"msg_id": asked})) is not None


@pytest.mark.parametrize("kind", MEDIA)
def test_whoever_knows_the_url_of_a_medium_gets_it(host: Host, kind: str) -> None:
    medium = MEDIA[kind]
    ask = host.request("GET", f"/media/ROBOT1.0_m!/{medium.name}")
    reply = rest.respond(host.platform, ask)
    assert (reply.status, rest.encode(reply)) == (200, medium.content)
    assert reply.headers["Content-Type"] == medium.served_as


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/media/m/picture.png", 404), ("GET", "/media/m/other.png", 404), ("GET", "/picture.png", 404)],
)
def test_nothing_else_is_a_medium(host: Host, method: str, path: str, status: int) -> None:
    assert host.call(method, path).status == status


@pytest.mark.parametrize(
    ("t", "path"), [("AT_MESSAGE_CREATE", "/channels"), ("DIRECT_MESSAGE_CREATE", "/dms")]
)
def test_guild_replies_have_five_minutes_and_no_msg_seq(host: Host, t: str, path: str) -> None:
    asked = host.message(t).id
    where = f"{path}/{host.platform.replyables[asked].target}/messages"
    for _ in range(7):
        assert host.call("POST", where, {"content": "re", "msg_id": asked}).status == 200
    host.now = 5 * MINUTE + 1
    assert code_of(host.call("POST", where, {"content": "re", "msg_id": asked})) == 304027


@pytest.mark.parametrize(("t", "scene", "window"), [(C2C, "users", 60), (GROUP, "groups", 5)])
def test_a_reply_must_come_in_time(host: Host, t: str, scene: str, window: int) -> None:
    asked = host.message(t).id
    host.now = window * MINUTE
    assert host.reply(asked, scene=scene).status == 200
    host.now += 1
    assert code_of(host.reply(asked, seq=2, scene=scene)) == 304027


def test_an_unknown_msg_id_is_refused(host: Host) -> None:
    assert code_of(host.reply("ROBOT1.0_other!", to="U")) == 40034024


def test_a_msg_id_is_good_only_where_it_was_written(host: Host) -> None:
    assert code_of(host.reply(host.message().id, to="SOMEBODY")) == 40034024


def test_a_msg_id_of_another_bot_is_refused(host: Host) -> None:
    asked = host.message().id
    target = host.platform.replyables[asked].target
    host.bot = host.platform.register("1002", "x")
    assert code_of(host.reply(asked, to=target)) == 40034024


def test_an_event_id_can_be_answered_where_the_doc_says_so(host: Host) -> None:
    event_id = json.loads(host.message("FRIEND_ADD", openid="U").text)["id"]
    refused = json.loads(host.message("FRIEND_DEL", openid="U").text)["id"]
    path = "/v2/users/U/messages"
    assert host.call("POST", path, {"content": "hi", "event_id": event_id}).status == 200
    assert code_of(host.call("POST", path, {"content": "hi", "event_id": refused})) == 40034024


def test_a_user_gets_at_most_four_messages_without_msg_id(host: Host) -> None:
    sent = [host.call("POST", "/v2/users/U/messages", {"content": "hi"}) for _ in range(5)]
    assert [code_of(reply) for reply in sent] == [None] * 4 + [40034102]


@pytest.mark.parametrize("body", [b"", b"no json", {"msg_type": 0}, {"content": ""}])
def test_an_empty_message_is_refused(host: Host, body: Any) -> None:
    assert code_of(host.call("POST", "/v2/users/U/messages", body)) == 50006


def test_guild_messages_need_the_bot_on_the_gateway(host: Host) -> None:
    asked = host.message("AT_MESSAGE_CREATE").id
    path = f"/channels/{host.platform.replyables[asked].target}/messages"
    assert told(host.call("POST", path, {"content": "hi", "msg_id": asked}))["content"] == "hi"
    host.platform.detach(host.session, 0)
    assert code_of(host.call("POST", path, {"content": "hi", "msg_id": asked})) == 304018


@pytest.mark.parametrize("scene", ["users", "groups"])
def test_an_uploaded_file_is_answered_with_its_info(host: Host, scene: str) -> None:
    reply = host.call("POST", f"/v2/{scene}/U/files", {"file_type": 1, "url": "https://x/y.png"})
    assert {"file_uuid", "file_info", "ttl"} == set(told(reply))


def test_a_file_that_is_sent_at_once_counts_as_a_message_without_msg_id(host: Host) -> None:
    body = {"file_type": 1, "url": "https://x/y.png", "srv_send_msg": True}
    sent = [host.call("POST", "/v2/users/U/files", body) for _ in range(5)]
    assert [code_of(reply) for reply in sent] == [None] * 4 + [40034102]
    assert host.call("POST", "/v2/users/U/files", {**body, "srv_send_msg": False}).status == 200


def test_a_file_without_content_is_refused(host: Host) -> None:
    assert code_of(host.call("POST", "/v2/users/U/files", {"file_type": 1})) == 304082


# -- what a request is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host_name", "path", "endpoint"),
    [
        ("token", "/app/getAppAccessToken", "token"),
        ("api", "/app/getAppAccessToken", "token"),
        ("api", "/gateway?x=1", "gateway"),
        ("api", "/gateway/bot", "gateway"),
        ("api", "/v2/users/U/messages", "api"),
    ],
)
def test_endpoints_go_by_the_path(host_name: HostName, path: str, endpoint: str) -> None:
    assert endpoint_of(host_name, "GET", path) == endpoint


def test_a_sent_message_says_which_it_answers(host: Host) -> None:
    key = f"QQBot {host.platform.token(host.bot, 0).text}"
    ask = host.request("POST", "/v2/users/U/messages", {"msg_id": "M"}, authorization=key)
    sent = HttpSend("c2c", "U", "message", msg_id="M")
    assert rest.asked(host.platform, ask) == Asked("api", 1, "M", sent, token="valid")


@pytest.mark.parametrize(
    ("authorization", "worth"),
    [("", "missing"), ("QQBot None", "unknown"), ("QQBot TOKEN", "valid")],
)
def test_a_request_tells_what_its_token_is_worth(host: Host, authorization: str, worth: str) -> None:
    key = authorization.replace("TOKEN", host.platform.token(host.bot, 0).text)
    ask = host.request("GET", "/gateway", authorization=key)
    assert rest.asked(host.platform, ask).token == worth
    host.now = 9000 * SECOND
    ask = host.request("GET", "/gateway", authorization=key)
    assert rest.asked(host.platform, ask).token == ("expired" if worth == "valid" else worth)


def test_the_token_endpoint_and_files_need_no_token(host: Host) -> None:
    assert (
        rest.asked(host.platform, host.request("POST", "/app/getAppAccessToken", {}, "token")).token is None
    )
    assert rest.asked(host.platform, host.request("GET", "/media/M/picture.png")).token is None


def test_a_message_of_a_group_is_not_answered_as_one_of_a_user(host: Host) -> None:
    asked = host.message(GROUP).id
    group = host.platform.replyables[asked].target
    body = {"content": "re", "msg_type": 0, "msg_id": asked, "msg_seq": 1}
    assert code_of(host.call("POST", f"/v2/users/{group}/messages", body)) == 40034024
    assert host.call("POST", f"/v2/groups/{group}/messages", body).status == 200


def test_only_a_request_of_the_api_sends_something(host: Host) -> None:
    for path in (rest.TOKEN_PATH, "/v2/users/U/something"):
        assert rest.asked(host.platform, host.request("POST", path, {"content": "x"}, "token")).send is None
    assert rest.asked(host.platform, host.request("GET", "/gateway")).send is None


def test_the_bot_is_known_by_an_expired_token_by_its_app_id_or_not_at_all(host: Host) -> None:
    key = f"QQBot {host.platform.token(host.bot, 0).text}"
    host.now = 9000 * SECOND
    asks = [
        host.request("GET", "/gateway", authorization=key),
        host.request("GET", "/gateway", None, "api", **{"x-union-appid": "1001"}),
        host.request("POST", rest.TOKEN_PATH, {"appId": "1001", "clientSecret": "wrong"}, "token"),
        host.request("GET", "/gateway"),
    ]
    assert [rest.asked(host.platform, ask).bot for ask in asks] == [1, 1, 1, None]


def test_reading_a_request_changes_nothing(host: Host) -> None:
    asked = host.message().id
    target = host.platform.replyables[asked].target
    body = {"content": "re", "msg_id": asked}
    key = f"QQBot {host.platform.token(host.bot, 0).text}"
    rest.asked(host.platform, host.request("POST", f"/v2/users/{target}/messages", body, authorization=key))
    rest.asked(host.platform, host.request("POST", rest.TOKEN_PATH, {"appId": "1001"}, "token"))
    assert not host.platform.replyables[asked].seqs
    assert set(host.platform.canaries()) == {"secret#1", "token#1"}


# -- what the strict profile adds --------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "quota"), [("/channels/9/messages", 20), ("/dms/9/messages", 2)])
def test_a_place_of_a_guild_gets_so_many_messages_a_day_where_that_is_counted(path: str, quota: int) -> None:
    host = Host(Options(guild_quotas=True))
    sent = [host.call("POST", path, {"content": "x"}).status for _ in range(quota)]
    beyond = host.call("POST", path, {"content": "x"})
    assert (set(sent), code_of(beyond)) == ({200}, 22009)
    assert host.call("POST", path.replace("9", "8"), {"content": "x"}).status == 200
    host.now = DAY
    assert host.call("POST", path, {"content": "x"}).status == 200


def test_unless_it_is_counted_a_guild_has_no_quota(host: Host) -> None:
    sent = [host.call("POST", "/dms/9/messages", {"content": "x"}).status for _ in range(5)]
    assert set(sent) == {200}


def test_a_typing_notice_is_a_reply_where_notices_are_counted() -> None:
    host = Host(Options(count_notices=True))
    asked = host.message().id
    notice: Any = {"msg_type": 6, "content": None, "input_notify": {"input_type": 1, "input_second": 60}}
    assert host.reply(asked, 1, **notice).status == 200
    assert code_of(host.reply(asked, seq=1)) == 40054005
    assert {host.reply(asked, seq=seq).status for seq in (2, 3, 4, 5)} == {200}
    assert code_of(host.reply(asked, 6, **notice)) == 22009
