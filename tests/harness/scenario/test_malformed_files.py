"""Files that are wrong on purpose: shipped scenarios spoiled in known ways, and arbitrary text and bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.scenario.loading import ScenarioError, catalogue_folder, load_file, load_text
from tests.hardening.spoils import SPOILS, shipped


def spoiled() -> Iterator[tuple[str, str]]:
    """(what was done, the file's text), the same ones in every run."""
    rng = random.Random(14539)
    for number in range(28):
        for spoil in SPOILS:
            document = rng.choice(_SHIPPED)
            copy = deepcopy(document)
            if spoil(rng, copy):
                flow = rng.choice([None, False, True])
                yield (
                    f"{spoil.__name__} {number}",
                    yaml.safe_dump(copy, sort_keys=False, default_flow_style=flow),
                )


_SHIPPED = shipped()


def test_the_scenarios_that_are_spoiled_below_are_good() -> None:
    for document in _SHIPPED:
        assert len(load_text(yaml.safe_dump(document, sort_keys=False))) == 1


def test_every_spoiled_scenario_is_refused_in_one_line(tmp_path: Path) -> None:
    mutants = list(spoiled())
    assert len({text for _, text in mutants}) >= 350
    let_through = []
    for what, text in mutants:
        try:
            load_text(text, "f.yaml")
        except ScenarioError as error:
            assert re.fullmatch(r"f\.yaml:[0-9]+: \S.{9,}", str(error)), f"{what}: {error}"
            assert 1 <= error.line <= text.count("\n") + 1
            assert len(error.sentence) < 400, error
        else:
            let_through.append((what, text))
    assert let_through == []


TEXTS = [path.read_text() for path in sorted(catalogue_folder().glob("*.yaml"))]
BITS = st.sampled_from(
    [
        "\t",
        "\n",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "&a ",
        "*a",
        "!x ",
        "|",
        ">",
        "#",
        "%",
        "---\n",
        "?",
        "\0",
        "\x85",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_raises_nothing_else(data: st.DataObject) -> None:
    """Bits put into a real file, or a piece torn out: scenarios or a ScenarioError, never a traceback."""
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.sampled_from([0, 0, 1, 5, 40]))
        text = text[:at] + data.draw(BITS) + text[at + gone :]
    try:
        load_text(text, "f.yaml")
    except ScenarioError as error:
        assert re.fullmatch(r"f\.yaml:[0-9]+: .+", str(error))
        assert 1 <= error.line <= text.count("\n") + text.count("\x85") + 1


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text(alphabet="{}[]:,-&*!|>'\"%@`?# \n\tab01", max_size=200)))
def test_arbitrary_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "f.yaml")
    assert re.fullmatch(r"f\.yaml:[0-9]+: .+", str(caught.value))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(data)
    with pytest.raises(ScenarioError):
        load_file(file)
