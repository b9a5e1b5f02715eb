"""The fake's hosts, and the URLs under which a client finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from fake_qq_server.events import Host
from fake_qq_server.platform.rest import TOKEN_PATH

HOSTS: tuple[Host, ...] = get_args(Host)
GATEWAY_PATH = "/websocket"


@dataclass(frozen=True)
class Addresses:
    """Where a client finds the fake: API base, token URL, gateway URL; ports by host."""

    api: str
    token: str
    gateway: str
    ports: Mapping[Host, int]

    @classmethod
    def of(
        cls, bound: Mapping[Host, tuple[str, int]], name: str | None = None, *, tls: bool = False
    ) -> Addresses:
        """From the address and port on which each host is bound; `name` stands in its place in the URLs."""
        s = "s" if tls else ""
        at = {host: f"{name or address}:{port}" for host, (address, port) in bound.items()}
        ports = {host: port for host, (_, port) in bound.items()}
        token = f"http{s}://{at['token']}{TOKEN_PATH}"
        return cls(f"http{s}://{at['api']}", token, f"ws{s}://{at['ws']}{GATEWAY_PATH}", ports)

    def gateways(self, bots: int) -> Mapping[int, str]:
        """A gateway URL for each of several bots, by number, so that a connection that does not even identify
        is known for what it is. A single bot needs none of its own."""
        return {number: f"{self.gateway}/{number}/" for number in range(1, bots + 1)} if bots > 1 else {}
