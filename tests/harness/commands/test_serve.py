"""`serve`: a scenario's rules in real time, and the journal that it leaves. The rest: test_program."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from harness import cli
from harness.journal.record import parse
from tests.fake_qq_server.serving.served import client_of, ended, first_line, program

COMMAND = (sys.executable, "-u", "-m", "harness.cli", "serve")
SCENARIO = """
scenario: mine
story: the gateway closes once
issues: []
levels: [adapter]
asks: [{asks}]
rules:
  - {{id: drop, when: ws.in.heartbeat, which: 1, do: {{close: 4009}}}}
end: 1h
"""


def scenario(folder: Path, asks: str = "connects, polite") -> str:
    path = folder / "mine.yaml"
    path.write_text(SCENARIO.format(asks=asks))
    return str(path)


async def a_bot_is_closed(at: dict[str, Any]) -> int | None:
    """A bot gets READY, beats once, and is closed by the scenario's rule: the code."""
    async with aiohttp.ClientSession() as http:
        login = {"appId": "1", "clientSecret": "one"}
        async with http.post(at["token"], json=login) as answer:
            token = f"QQBot {(await answer.json())['access_token']}"
        async with http.ws_connect(at["gateway"]) as ws:
            assert (await ws.receive_json())["op"] == 10
            await ws.send_json({"op": 2, "d": {"token": token, "intents": 1 << 25, "shard": [0, 1]}})
            assert (await ws.receive_json())["t"] == "READY"
            await ws.send_json({"op": 1, "d": 1})
            assert (await ws.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.TEXT)
            await ws.receive()
            return ws.close_code


async def test_a_scenarios_rules_act_from_the_start_and_its_journal_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "served.jsonl"
    arguments = (scenario(tmp_path), "--journal", str(journal), "--log", "none")
    with program(*arguments, command=COMMAND) as child:
        at = first_line(child)
        assert client_of(at).rules()["rules"][0]["id"] == "drop"
        assert await a_bot_is_closed(at) == 4009
        assert client_of(at).push("revoke", bot=1)["acted"] == 1
        assert ended(child) == (0, "", "")
    records = parse(journal.read_text())
    assert [records[0].kind, *(one.kind for one in records[-2:])] == ["run.open", "run.teardown", "run.close"]
    assert [one.n for one in records] == list(range(1, len(records) + 1))
    assert {one.about.rule for one in records if one.kind == "rule.act"} == {"drop", "control API"}
    assert cli.main(["judge", str(journal), "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)["outcomes"]
    assert (outcome["ending"], outcome["verdict"]) == ("served", "pass")


async def test_what_only_the_inside_of_a_bot_shows_is_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "served.jsonl"
    arguments = (scenario(tmp_path, "polite, flag"), "--journal", str(journal), "--log", "none")
    with program(*arguments, command=COMMAND) as child:
        await a_bot_is_closed(first_line(child))
        ended(child)
    assert cli.main(["judge", str(journal)]) == 125
    said = capsys.readouterr().out
    assert "nobody watched this bot from inside" in said and "served: was served" in said


def test_a_journal_holds_no_secret_and_is_for_its_owner_only(tmp_path: Path) -> None:
    journal = tmp_path / "served.jsonl"
    with program("--bot", "7:my-own-secret", "--journal", str(journal), command=COMMAND) as child:
        at = first_line(child)
        assert httpx.get(at["api"] + "/my-own-secret", trust_env=False).status_code == 404
        assert ended(child)[0] == 0
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    text = journal.read_text()
    assert "<secret:secret#1>" in text and "my-own-secret" not in text and at["control_token"] not in text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (["no-such-scenario"], "there is no scenario no-such-scenario"),
        (["exhausted"], "serve one of them"),
        (["--journal", "/no/such/folder/j"], "/no/such/folder/j cannot be written"),
        (["--bot", "1:a", "--bot", "1:b"], "the app id 1 is given twice"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(wrong: list[str], why: str) -> None:
    done = subprocess.run([*COMMAND, *wrong], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr and len(done.stderr.splitlines()) == 1
