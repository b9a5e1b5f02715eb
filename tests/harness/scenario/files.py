"""The text of a good scenario file, and the one error of a file that is spoiled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.scenario.loading import ScenarioError, load_file

GOOD = """\
# A comment.
scenario: exhausted
story: It goes down and stays down.
issues: [14539]
levels: [adapter, runner]
asks: {adapter: [flag, settles], runner: [back]}
rules:
  - {id: drop, at: ready + 60s, do: {close: 4009}}
  - when: http.gateway
    from: drop
    do: {status: 500}
variants:
  plain: []
  seam:
    hypothetical: true
    rules:
      - {when: seam.receive, do: {raise: OSError}}
heal_twin: [30m, 2h]
end: 3h
"""


def refused(text: str | bytes, tmp_path: Path) -> ScenarioError:
    """The one error of a file with this text; as text it is one line, FILE:LINE: sentence."""
    file = tmp_path / "my scenario.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as caught:
        load_file(file)
    error = caught.value
    lines = file.read_bytes().count(b"\n") + 1
    assert re.fullmatch(re.escape(str(file)) + r":[0-9]+: \S.*", str(error)), str(error)
    assert 1 <= error.line <= lines
    assert error.__suppress_context__ or error.__context__ is None
    return error
