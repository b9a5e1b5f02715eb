"""What can be said on the command line of a served platform: one table for both of its commands."""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from fake_qq_server.platform.options import LENIENT, PROFILES, Options

LOOPBACK = "127.0.0.1"
LARGEST_SEED = (1 << 63) - 1
FASTEST = 1000
PORTS_IN_A_ROW = 4
"""token, api, gateway, control."""


@dataclass(frozen=True)
class Settings:
    """What a served platform is asked.

    `bots` are (app id, secret) pairs; without any, whoever asks for a token gets one. `bind` is the address
    on which bots are served; the control API is always on loopback. `advertise` stands in the URLs in its
    place; `gateway_url` is what GET /gateway answers. `port_base`: the first of four ports in a row; None
    leaves them to the kernel. `tls`, `proxy`: https and wss, and a CONNECT proxy that leads QQ's hosts here;
    `print_env` prints what a client's environment must have for them. `console`: a page to watch and to act
    with, on the control API's port. `options`: fields of `platform.options.Options` by name, which win over
    those of `profile`. `speed`: how many times as fast as real time the platform's clock runs. `seed` None
    draws one.
    """

    bots: tuple[tuple[str, str], ...] = ()
    bind: str = LOOPBACK
    advertise: str | None = None
    gateway_url: str | None = None
    port_base: int | None = None
    ready_file: Path | None = None
    log: Literal["text", "json", "none"] = "text"
    tls: bool = False
    proxy: bool = False
    print_env: bool = False
    console: bool = False
    profile: str = LENIENT
    speed: float = 1.0
    options: tuple[tuple[str, Any], ...] = ()
    seed: int | None = None

    @property
    def platform(self) -> Mapping[str, Any]:
        """The platform's options: those of the profile, and over them those that were set."""
        return {**PROFILES[self.profile], **dict(self.options)}

    @property
    def given_twice(self) -> str | None:
        """An app id that is given twice, if one is."""
        ids = [app_id for app_id, _ in self.bots]
        return next((one for one in ids if ids.count(one) > 1), None)


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """What argparse read, as fields of Settings."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


@dataclass(frozen=True)
class CommandOption:
    """What argparse's `add_argument` takes."""

    names: tuple[str, ...]
    how: Mapping[str, Any]


def bot(text: str) -> tuple[str, str]:
    """APPID:SECRET."""
    app_id, colon, secret = text.partition(":")
    if not (app_id and colon and secret):
        raise argparse.ArgumentTypeError(f"{text!r} is not APPID:SECRET")
    return app_id, secret


def port(text: str) -> int:
    """A port with three more above it."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535 - PORTS_IN_A_ROW + 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port with {PORTS_IN_A_ROW - 1} more above it: write 1 to 65532"
        )
    return int(text)


def speed(text: str) -> float:
    """How many times as fast as real time."""
    try:
        read = float(text)
    except ValueError:
        read = 0.0
    if not 1 <= read <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {FASTEST}")
    return read


def seed(text: str) -> int:
    """A whole number of 64 bits: what is drawn from it is the same everywhere."""
    try:
        number = int(text)
    except ValueError:
        number = LARGEST_SEED + 1
    if abs(number) > LARGEST_SEED:
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        raise argparse.ArgumentTypeError(f"{shown!r} is no whole number up to {LARGEST_SEED}")
    return number


def address(text: str) -> str:
    """An IPv4 address of this machine."""
    if text == "localhost":
        return LOOPBACK
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no IPv4 address: write 0.0.0.0 for all of this machine's"
        ) from None


def host_name(text: str) -> str:
    """A host name as it stands in a URL."""
    if not text or not all(one.isalnum() or one in ".-" for one in text):
        raise argparse.ArgumentTypeError(f"{text!r} is no host name, such as qq.test")
    return text


def gateway_url(text: str) -> str:
    """A URL that a WebSocket client takes."""
    if not text.startswith(("ws://", "wss://")) or " " in text:
        raise argparse.ArgumentTypeError(f"{text!r} does not begin with ws:// or wss://")
    return text


_KINDS: Mapping[str, Any] = {
    "int": int,
    "float | None": lambda text: None if text == "none" else float(text),
    "bool": lambda text: _truth(text),
}
_NOT_SET = ("epoch_us", "seed", "any_credentials")
SETTABLE: Mapping[str, Any] = {
    row.name: _KINDS[str(row.type)]
    for row in fields(Options)
    if str(row.type) in _KINDS and row.name not in _NOT_SET
}
"""The options of the platform that are numbers or truths, and how each is read; one may be `none`."""


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def platform_option(text: str) -> tuple[str, Any]:
    """NAME=VALUE of one of SETTABLE."""
    name, equals, value = text.partition("=")
    if not equals or name not in SETTABLE:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with one of {', '.join(SETTABLE)}")
    try:
        read = SETTABLE[name](value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{name} is a number, or true or false, not {value!r}") from None
    if not isinstance(read, bool | None) and not 0 <= read < 1 << 53:
        raise argparse.ArgumentTypeError(f"{name} is a number from 0 up, not {value!r}")
    return name, read


def _option(*names: str, **how: Any) -> CommandOption:
    return CommandOption(names, how)


OPTIONS = (
    _option(
        "--bot",
        dest="bots",
        type=bot,
        action="append",
        metavar="APPID:SECRET",
        help="a bot's credentials; may be given again (default: any credentials are accepted)",
    ),
    _option(
        "--port-base",
        type=port,
        metavar="PORT",
        help="token, api, gateway and control get this port and the next three (default: free ones)",
    ),
    _option("--bind", type=address, metavar="ADDRESS", help="serve bots here (default: 127.0.0.1)"),
    _option("--advertise", type=host_name, metavar="HOST", help="the host name in all URLs"),
    _option("--gateway-url", type=gateway_url, metavar="URL", help="what GET /gateway answers"),
    _option("--tls", action="store_true", help="speak https and wss, with certificates of a private CA"),
    _option("--proxy", action="store_true", help="a CONNECT proxy that leads QQ's hosts here; with --tls"),
    _option("--print-env", action="store_true", help="print what a client must have in its environment"),
    _option("--console", action="store_true", help="a page to watch and to act with, for a browser"),
    _option("--ready-file", type=Path, metavar="FILE", help="write the first line there too, once all is up"),
    _option("--log", choices=("text", "json", "none"), help="one line for each thing that happens"),
    _option("--json", dest="log", action="store_const", const="json", help="the same as --log json"),
    _option(
        "--profile",
        choices=tuple(PROFILES),
        help="how what nothing public says is decided: for the bot (lenient, the default) or against it",
    ),
    _option(
        "--set",
        dest="options",
        type=platform_option,
        action="append",
        metavar="NAME=VALUE",
        help=f"an option of the platform: {', '.join(SETTABLE)}",
    ),
    _option("--speed", type=speed, metavar="N", help="the platform's clock runs N times as fast (1 to 1000)"),
    _option("--seed", type=seed, metavar="N", help="of all names that it invents (default: drawn)"),
)
