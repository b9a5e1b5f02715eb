"""Scenario files that are wrong, or may be: each is validated, and what is accepted is shown as well."""

from __future__ import annotations

import random
from copy import deepcopy
from functools import cache
from pathlib import Path

import yaml

from harness.errors import PASSED, WRONG_USAGE
from harness.scenario.loading import catalogue_folder
from tests.hardening.damage import BLIND, as_bytes
from tests.hardening.spoils import SPOILS, Document, shipped
from tests.hardening.trial import in_process


def attempt(seed: int, number: int, folder: Path) -> str | None:
    """One mutant of that many: what is wrong with what came of it; None where nothing is."""
    rng = random.Random(f"scenario {seed} {number}")
    kind = rng.choices((_spoilt, _grown, _damaged), (4, 1, 5))[0]
    what, content, allowed = kind(rng)
    file = folder / "mutant.yaml"
    file.write_bytes(content)
    tried = in_process(["validate", str(file)])
    found = tried.complaint(allowed)
    if found is None and tried.status == PASSED:
        found = _shown(tried.out, file)
    return f"scenario {number}, {what}: {found}" if found else None


def _shown(validated: str, file: Path) -> str | None:
    """`show` takes what `validate` did; its name is on the line that says `ok`."""
    _, _, names = validated.partition(": ok: ")
    name = names.split(" (")[0].split(", ")[0]
    return in_process(["show", f"{file}::{name}"]).complaint((PASSED,))


def _spoilt(rng: random.Random) -> tuple[str, bytes, tuple[int, ...]]:
    """A known mistake, which must be refused."""
    while True:
        document, spoil = deepcopy(rng.choice(_documents())), rng.choice(SPOILS)
        if spoil(rng, document):
            flow = rng.choice((None, False, True))
            text = yaml.safe_dump(document, sort_keys=False, default_flow_style=flow)
            return spoil.__name__, text.encode(), (WRONG_USAGE,)


def _grown(rng: random.Random) -> tuple[str, bytes, tuple[int, ...]]:
    """More of something than anybody needs: depth, length, aliases of aliases."""
    document = yaml.safe_dump(rng.choice(_documents()), sort_keys=False)
    many = rng.choice((50, 1_000, 20_000))
    aliases = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    more = rng.choice(
        (
            f"rules: {'[' * many}{']' * many}\n",
            f"limits: {'{a: ' * many}1{'}' * many}\n",
            f"{'- ' * many}x\n",
            f"a0: &a0 [x]\n{aliases}\n",
            f"story: {'x' * many}\n",
            f"{'x' * many}: 1\n",
            f"tags: [{', '.join(f't{n}' for n in range(many))}]\n",
            f"end: {'9' * many}h\n",
            f"&a {{x: *a}}: 1\nstory: *{'a' * many}\n",
            "---\n" * many,
            f"rules: [{', '.join(['{at: 1m, do: fin}'] * min(many, 1_000))}]\n",
            f"rules: [{{at: 1m, do: {{dispatch: C2C_MESSAGE_CREATE, count: {'9' * min(many, 5_000)}}}}}]\n",
        )
    )
    kept = "".join(
        line for line in document.splitlines(keepends=True) if line.split(":")[0] != more.split(":")[0]
    )
    text = rng.choice((more, kept + more, more + kept))
    return f"grown by {more[:20]!r}", as_bytes(rng, text), (PASSED, WRONG_USAGE)


def _damaged(rng: random.Random) -> tuple[str, bytes, tuple[int, ...]]:
    """A file, or one scenario of it, with damage that nobody can tell the meaning of."""
    text = rng.choice(_texts())
    text = rng.choice(text.split("\n---\n")) if rng.random() < 0.9 else text
    done = [rng.choice(BLIND) for _ in range(rng.randint(1, 3))]
    for one in done:
        text = one(rng, text)
    return " ".join(one.__name__ for one in done), as_bytes(rng, text), (PASSED, WRONG_USAGE)


@cache
def _documents() -> list[Document]:
    return shipped()


@cache
def _texts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(catalogue_folder().glob("*.yaml"))]
