"""The clients that are tried on a served platform, and how each is led there. Docs: docs/clients.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.hermes.environments import resolve
from harness.worker.subjects.gateway_config import ENVIRONMENT, configuration
from tests.clients.served_bot import PROGRAMS, Command, installed


@dataclass(frozen=True)
class KnownClient:
    """One client. `command` is told a folder of its own and the platform's first line, and says how it is
    started; `options` are those that the platform is served with."""

    version: str
    command: Callable[[Path, Mapping[str, Any]], Command]
    options: tuple[str, ...] = ()


def _hermes(home: Path, at: Mapping[str, Any]) -> Command:
    """As it is installed; led there by a proxy and a CA."""
    hermes = resolve(CLIENTS["hermes-agent"].version).interpreter.parent / "hermes"
    (home / "config.yaml").write_text(json.dumps(configuration(("102", "a secret"))))
    own = {"HERMES_HOME": str(home), "HERMES_GATEWAY_LOCK_DIR": str(home / "locks"), **ENVIRONMENT}
    return Command((str(hermes), "gateway", "run"), own | at["env"])


def _agent_sdk(home: Path, at: Mapping[str, Any]) -> Command:
    """Two variables lead it there."""
    sdk = installed(f"qqbot-agent-sdk=={CLIENTS['qqbot-agent-sdk'].version}")
    urls = {"QQ_TOKEN_URL": at["token"], "QQ_API_BASE": at["api"]}
    return Command((sys.executable, str(PROGRAMS / "agent_sdk_bot.py")), {"PYTHONPATH": str(sdk), **urls})


def _botpy(home: Path, at: Mapping[str, Any]) -> Command:
    """Its program replaces two constants and a URL in its own process."""
    botpy = installed(f"qq-botpy=={CLIENTS['qq-botpy'].version}")
    program = (sys.executable, str(PROGRAMS / "botpy_bot.py"), at["token"], at["api"])
    return Command(program, {"PYTHONPATH": str(botpy)})


CLIENTS: Mapping[str, KnownClient] = {
    "hermes-agent": KnownClient("0.19.0", _hermes, ("--tls", "--proxy")),
    "qqbot-agent-sdk": KnownClient("1.2.2", _agent_sdk),
    "qq-botpy": KnownClient("1.2.1", _botpy),
}
