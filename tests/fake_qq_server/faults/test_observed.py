"""Every verb at every place that it fits, to a client on bare sockets; docs/observed.md shows the same."""

from __future__ import annotations

import pytest

from fake_qq_server.rules.verbs.registry import VERBS
from tests.fake_qq_server.faults import observed
from tests.fake_qq_server.faults.plain_client import AN_HOUR_S, plain_client

CELLS = list(observed.cells())


@pytest.mark.parametrize(("verb", "place"), CELLS, ids=[" ".join(cell) for cell in CELLS])
async def test_a_client_observes_what_the_table_says(verb: str, place: str) -> None:
    assert await observed.observe(verb, place) == observed.read()[verb, place]


def test_the_table_has_every_verb_at_every_place_that_takes_it_and_no_other() -> None:
    assert list(observed.read()) == CELLS


def test_every_verb_is_in_it_but_those_of_seams() -> None:
    seams = {name for name, verb in VERBS.items() if all(one.startswith("seam") for one in verb.places)}
    assert {verb for verb, _ in CELLS} == set(VERBS) - seams


async def test_what_is_observed_is_the_verbs_doing() -> None:
    """Without it, each place shows the platform's own answer."""
    async with plain_client() as client:
        line = await client.ready()
        line.say(1, 1)
        assert [*await line.told(), *await client.later(line, AN_HOUR_S)] == ["the ack"]
        asked = [await (await client.ask(name)).told() for name in ("token", "gateway", "api")]
        assert asked == [["200 as is due"]] * 3
