"""The console's page: whole in itself, and what browsers are told of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from fake_qq_server.serving.console import page
from fake_qq_server.serving.console.facts import facts
from tests.fake_qq_server.serving.served import TOKEN, served

TEXT = page.html().decode()
POLICY = dict(rule.split(" ", 1) for rule in dict(page.headers())["Content-Security-Policy"].split("; "))


def inside(tag: str) -> str:
    """What stands in the page's only such element without attributes."""
    (found,) = re.findall(f"<{tag}>(.*?)</{tag}>", TEXT, re.DOTALL)
    return str(found)


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_whoever_asks_gets_the_page_and_no_token_with_it() -> None:
    async with served(console=True) as qq, qq.bot.http.get(qq.url + page.PATH) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert answer.headers["Content-Security-Policy"] == dict(page.headers())["Content-Security-Policy"]
        assert TOKEN not in await answer.text()


async def test_a_token_in_the_query_is_none() -> None:
    async with served(console=True) as qq, qq.bot.http.get(f"{qq.url}/state?token={TOKEN}") as answer:
        assert answer.status == 401


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    assert POLICY["style-src"] == hash_of(inside("style"))
    assert POLICY["script-src"] == hash_of(inside("script"))
    assert (POLICY["default-src"], POLICY["frame-ancestors"]) == ("'none'", "'none'")
    assert "unsafe" not in dict(page.headers())["Content-Security-Policy"]


def test_no_text_can_become_markup() -> None:
    assert (POLICY["require-trusted-types-for"], POLICY["trusted-types"]) == ("'script'", "'none'")
    assert not re.search("innerHTML|outerHTML|insertAdjacent|document.write|eval|srcdoc", inside("script"))


def test_the_page_names_no_other_address() -> None:
    assert re.findall(r"""(?:src|href)=["'](?!data:)|https?://|url\(|@import""", TEXT) == []


def test_the_facts_are_in_the_page_and_cannot_end_their_element() -> None:
    (told,) = re.findall('<script type="application/json" id="facts">(.*?)</script>', TEXT, re.DOTALL)
    assert json.loads(told) == json.loads(json.dumps(facts())) and "<" not in told


def test_every_place_of_the_page_is_filled() -> None:
    assert "{{" not in TEXT
