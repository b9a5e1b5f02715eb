"""`qq_server` and `async_qq_server`, in a suite of somebody else's."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

BOT = """
    import contextlib, json, urllib.request
    from websockets.sync.client import connect

    def ask(url, body=None, token=""):
        head = {"Content-Type": "application/json", "Authorization": f"QQBot {token}"}
        data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(urllib.request.Request(url, data, head)) as answer:
            return json.load(answer)

    def log_in(qq, app_id="1"):
        return ask(qq.token, {"appId": app_id, "clientSecret": "any"})["access_token"]

    @contextlib.contextmanager
    def identified(qq):
        token = log_in(qq)
        with connect(ask(f"{qq.api}/gateway", token=token)["url"], proxy=None) as ws:
            ws.recv()
            ws.send(json.dumps({"op": 2, "d": {"token": f"QQBot {token}", "intents": 1 << 25}}))
            assert json.loads(ws.recv())["t"] == "READY"
            yield ws
"""


@pytest.fixture
def bots(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite with a small bot."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    suite.makepyfile(bot=BOT)
    return suite


def test_a_bot_connects_and_hears_what_the_test_says(bots: pytest.Pytester) -> None:
    bots.makepyfile("""
        import json
        from bot import identified

        def test_it(qq_server):
            with identified(qq_server) as ws:
                qq_server.control.dispatch("C2C_MESSAGE_CREATE", text="hello")
                assert json.loads(ws.recv())["d"]["content"] == "hello"
    """)
    bots.runpytest_subprocess().assert_outcomes(passed=1)


def test_one_platform_serves_every_test_and_begins_anew_before_each(bots: pytest.Pytester) -> None:
    bots.makepyfile("""
        import contextlib
        import pytest
        from websockets.exceptions import ConnectionClosed
        from bot import identified

        connections, ports = [], set()

        @pytest.fixture(scope="module")
        def left_open():
            with contextlib.ExitStack() as stack:
                yield stack

        @pytest.mark.parametrize("number", range(3))
        def test_it(qq_server, async_qq_server, left_open, number):
            control = qq_server.control
            assert (control.records(), control.sessions(), control.state()["rules"]) == ([], [], [])
            for earlier in connections:
                with pytest.raises(ConnectionClosed):
                    earlier.recv()
            connections.append(left_open.enter_context(identified(qq_server)))
            control.load_rules([{"at": "1h", "do": "rst"}])
            ports.add((*qq_server.ports.items(), *async_qq_server.ports.items()))
            assert len(ports) == 1
    """)
    bots.runpytest_subprocess().assert_outcomes(passed=3)


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_a_bot_may_run_in_the_loop_of_a_test_that_awaits(bots: pytest.Pytester, mode: str) -> None:
    bots.makepyfile("""
        import asyncio, json
        import pytest
        from websockets import connect
        from bot import ask, log_in

        @pytest.mark.asyncio
        async def test_it(async_qq_server):
            qq = async_qq_server
            token = await asyncio.to_thread(log_in, qq)
            async with connect(qq.gateway, proxy=None) as ws:
                waiting = asyncio.create_task(qq.control.wait("session", {"what": "ready"}))
                await ws.recv()
                await ws.send(json.dumps({"op": 2, "d": {"token": f"QQBot {token}", "intents": 1 << 25}}))
                assert (await waiting)["met"]
                await ws.recv()
                await qq.control.dispatch("C2C_MESSAGE_CREATE", text="hello")
                assert json.loads(await ws.recv())["d"]["content"] == "hello"
    """)
    bots.runpytest_subprocess("-o", f"asyncio_mode={mode}").assert_outcomes(passed=1)


def test_without_pytest_asyncio_there_is_a_platform_all_the_same(bots: pytest.Pytester) -> None:
    bots.makepyfile("def test_it(qq_server): assert qq_server.control.bots() == []")
    bots.makeini("[pytest]\nfilterwarnings = error\n")
    bots.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=1)


def test_a_test_that_fails_shows_what_the_platform_saw(bots: pytest.Pytester) -> None:
    bots.makepyfile("""
        from bot import ask, log_in

        def test_earlier(qq_server):
            ask(f"{qq_server.api}/gateway", token=log_in(qq_server))

        def test_it(qq_server):
            log_in(qq_server)
            assert not "a token was asked for"
    """)
    result = bots.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*- fake QQ platform -*", "*<- http.request *endpoint=token *", "*-> http.answer *"]
    )
    result.stdout.no_fnmatch_line("*endpoint=gateway*")


def test_a_suite_says_how_it_is_served(bots: pytest.Pytester) -> None:
    bots.makeconftest("""
        import pytest
        from fake_qq_server.serving.options import Settings

        @pytest.fixture(scope="session")
        def qq_server_settings():
            return Settings(bots=(("7", "seven"),), options=(("heartbeat_ms", 1234),))
    """)
    bots.makepyfile("""
        import json
        from websockets.sync.client import connect

        def test_it(qq_server):
            assert [bot["app_id"] for bot in qq_server.control.bots()] == ["7"]
            with connect(qq_server.gateway, proxy=None) as ws:
                assert json.loads(ws.recv())["d"]["heartbeat_interval"] == 1234
    """)
    result = bots.runpytest_subprocess("-s")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*ws.connect*")


def test_a_platform_that_fails_itself_is_no_failure_of_the_bots(bots: pytest.Pytester) -> None:
    bots.makepyfile("""
        import urllib.error
        import pytest
        from bot import log_in

        def broken(*arguments):
            raise RuntimeError("planted")

        def test_it(qq_server, monkeypatch):
            monkeypatch.setattr("fake_qq_server.platform.platform.Platform.bot_that_logs_in", broken)
            with pytest.raises(OSError):
                log_in(qq_server)

        def test_the_next(qq_server):
            pass
    """)
    result = bots.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(["*RuntimeError: planted", "*ServerFailed: the fake platform itself failed"])


def test_serving_imports_nothing_of_the_harness_and_no_frozen_time(bots: pytest.Pytester) -> None:
    bots.makepyfile("""
        import sys

        def test_it(qq_server):
            assert "fake_qq_server.serving" in sys.modules
            assert not {"freezegun", "gateway", "yaml", "rich", "harness.commands"} & set(sys.modules)
    """)
    bots.runpytest_subprocess().assert_outcomes(passed=1)
