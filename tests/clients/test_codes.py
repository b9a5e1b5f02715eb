"""Close codes against real clients: a cell that is measured again says what docs/codes.md says."""

from __future__ import annotations

import pytest

from tests.clients import code_rows
from tests.clients.codes import measured
from tests.clients.known import CLIENTS

pytestmark = pytest.mark.release


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_client_does_about_a_lost_sequence_number_is_what_the_table_says(client: str) -> None:
    row = measured(client, 4007)
    known = code_rows.read()[f"{client} {CLIENTS[client].version}"][4007]
    assert (row.did, row.exit) == (known.did, known.exit) and row.back_s is not None
