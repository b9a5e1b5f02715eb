"""The words a scenario is written with: its keys, and what may stand at those that take one of a few words.

Imports nothing of ours: the command line, the machine's examination and the tables of results take the same
words from here.
"""

from __future__ import annotations

import re
from typing import Literal

KEYS = (
    "scenario", "story", "issues", "levels", "asks", "start", "beside", "handler", "answers",
    "bot", "environment", "probes", "net", "hypothetical",
    "tags", "limits", "restart", "rules", "forbids", "heal", "end",
)  # fmt: skip
"""The keys of one run, in the order in which they are written out."""

DOCUMENT_KEYS = (*KEYS, "variants", "heal_twin")
"""The keys of a document: `variants` and `heal_twin` make several runs of it."""

VARIANT_KEYS = tuple(key for key in DOCUMENT_KEYS if key not in ("scenario", "variants"))
RESOLVED_KEYS = ("run", *KEYS, "limits_us")
REQUIRED = ("scenario", "story", "issues", "levels", "asks", "rules", "end")

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
"""A name as it stands in commands and folders."""

LEVELS = ("adapter", "runner", "process")
"""What is driven: the QQ adapter alone, the whole gateway inside a worker, the gateway as its own program."""

LEVELS_DRIVEN = ("adapter", "runner")
"""The levels in virtual time, at which whatever names no level is run."""

PROCESS = "process"
"""The level in real time, or scaled: run where it is asked for."""

SERVED = "served"
"""The level of a journal that the fake platform wrote of somebody's own bot (`qqchaos serve`), which nobody
watched from inside."""

STARTS = ("up", "down", "killed")
BESIDE = ("healthy",)
Policy = Literal["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"]
"""When a service manager starts a program again: systemd's `Restart=`."""

HANDLERS = ("record", "raise", "disconnect")
"""What the fatal-error handler does; there is {slow: DURATION} besides."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "WSS_PROXY", "ALL_PROXY", "NO_PROXY")
ENVIRONMENT = (*_PROXIES, *(name.lower() for name in _PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "LANG")
"""The environment variables that a scenario may set: what decides how HTTP clients reach the
platform, where they find certificates, and in which zone and language the program believes to be."""

PORT_OF_GATEWAY = "{ws}"
"""Stands in such a variable for the port of the gateway, which the kernel picks for each run."""

BOT = ("markdown", "credentials", "app_id", "secret")
"""What a scenario can say of the bot's configuration, each true or false."""

PROBES = ("c2c", "group", "guild", "dm")
"""The kinds of messages with which a run is probed: to the bot alone, or to it in a group, in a channel of a
guild, by direct message of a guild."""

CHECKS = (
    "connects", "flag", "notified", "truthful", "awake", "settles", "recovers", "notices", "beats", "patient",
    "clean", "bounded", "polite", "once", "heard", "answered", "intact", "typing", "delivered", "reported",
    "single", "stops",    "secret", "back", "stays", "final", "released", "others", "forbidden",
    "resumes", "identifies", "exclusive", "reacts",
)  # fmt: skip
"""The checks that `asks` may name; `harness.judging.checks.CHECKS` has a row for each, in this order."""

LIMITED = (
    "connects", "flag", "notified", "truthful", "settles", "recovers", "notices", "beats", "patient",
    "bounded", "once", "answered", "typing", "delivered", "reported", "stops", "final", "released", "others",
    "resumes", "exclusive", "reacts",
)  # fmt: skip
"""The checks with a limit in time, which `limits` may set."""

NOT_AT_ADAPTER = ("back", "stays", "released", "others")
"""The checks of what only a program around the adapter can do."""
