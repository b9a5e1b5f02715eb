"""Nothing leaves the machine: each way out is tried for real, in a process of its own."""

from __future__ import annotations

import errno
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.worker.egress import is_address, is_loopback

ROOT = Path(__file__).parents[3]
UNREACHABLE = f"OSError {errno.ENETUNREACH}"
NO_NAME = f"gaierror {int(socket.EAI_NONAME)}"
FORBIDDEN = f"PermissionError {errno.EPERM}"


@pytest.fixture(scope="module")
def tried() -> Any:
    """What each way out met, and what was reported."""
    command = [sys.executable, "-m", "tests.harness.worker.egress_program"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("way", "meets"),
    [
        *((way, UNREACHABLE) for way in ("connect", "connect IPv6", "connect UDP", "connect_ex")),
        *((way, UNREACHABLE) for way in ("sendto", "sendmsg")),
        *((way, NO_NAME) for way in ("getaddrinfo", "getaddrinfo bytes", "create_connection")),
        *((way, NO_NAME) for way in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")),
        *((way, NO_NAME) for way in ("connect name", "connect_ex name", "connect IPv6 name", "bind name")),
        *((way, NO_NAME) for way in ("sendto name", "sendto name, flags", "sendmsg name")),
        *((way, FORBIDDEN) for way in ("kill", "kill all", "killpg")),
        *((way, FORBIDDEN) for way in ("Popen", "Popen path", "system", "posix_spawn", "fork", "execv")),
    ],
)
def test_each_way_out_is_refused_with_the_error_of_the_system(tried: Any, way: str, meets: str) -> None:
    assert tried["met"][way] == meets


def test_each_refusal_is_reported_with_its_target(tried: Any) -> None:
    nowhere = "192.0.2.1"
    assert tried["refused"] == [
        ["connect", nowhere],
        ["connect", "2001:db8::1"],
        *[["connect", nowhere]] * 4,
        ["lookup", "example.org"],
        ["lookup", "example.net"],
        ["lookup", "example.com"],
        *[["lookup", "example.org"]] * 2,
        *[["lookup", nowhere]] * 2,
        *[["lookup", f"{letter}.example.org"] for letter in "abcdefg"],
        ["signal", "SIGURG"],
        ["signal", "SIGCONT"],
        ["signal", "SIGWINCH"],
        *[["subprocess", "env"]] * 2,
        ["subprocess", "true"],
        ["subprocess", "env"],
        ["subprocess", "os.fork"],
        ["subprocess", "env"],
    ]


@pytest.mark.parametrize(
    "way",
    [
        "loopback",
        "localhost",
        "unix",
        "sendto loopback",
        "pair",
        "bind everywhere",
        "bind localhost",
        "connect localhost",
        "kill itself",
        "kill its group",
        "ask for a process",
        "address",
        "wildcard",
        "asking for loopback",
    ],
)
def test_what_stays_on_the_machine_is_allowed_and_not_reported(tried: Any, way: str) -> None:
    assert tried["met"][way] == "ok"
    assert tried["passed"] == []


def test_each_connect_to_the_loopback_calls_on_connect_with_its_port(tried: Any) -> None:
    assert tried["connected"][-3:] == [True, True, True]


@pytest.mark.parametrize(
    ("host", "on_this_machine"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("::ffff:192.0.2.1", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_an_address_is_loopback_only_if_it_is_on_this_machine(host: str, on_this_machine: bool) -> None:
    assert is_loopback(host) is on_this_machine


def test_a_name_is_no_address() -> None:
    assert is_address("192.0.2.1") and is_address("::1")
    assert not is_address("example.org") and not is_address("")
