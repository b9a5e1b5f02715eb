"""Where a client finds the fake."""

from __future__ import annotations

from fake_qq_server.addresses import Addresses

BOUND = Addresses.of({"token": ("127.0.0.1", 1), "api": ("127.0.0.1", 2), "ws": ("127.0.0.1", 3)})


def test_each_host_has_its_url_and_its_port() -> None:
    assert (
        Addresses(
            api="http://127.0.0.1:2",
            token="http://127.0.0.1:1/app/getAppAccessToken",
            gateway="ws://127.0.0.1:3/websocket",
            ports={"token": 1, "api": 2, "ws": 3},
        )
        == BOUND
    )


def test_only_several_bots_have_a_gateway_url_each() -> None:
    assert BOUND.gateways(1) == {}
    assert BOUND.gateways(2) == {n: f"ws://127.0.0.1:3/websocket/{n}/" for n in (1, 2)}
