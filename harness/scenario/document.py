"""A scenario document: plain data in, and a `RunSpec` out for each run it stands for.

A document becomes variants x twins: `exhausted` with its variants and `heal_twin: [30m, 2h]` is the runs
`exhausted/gateway-500`, `exhausted/gateway-500+heals-30m`, `exhausted/gateway-500+heals-2h` and so on.

Pure: which file a document came from, and on which line its parts stand, is known to `loading`. Errors are
`LanguageError` with a path into the document as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.moments import Moment, parse_moment
from harness.scenario.parse_run import check_description, check_keys, parse_name, parse_run
from harness.scenario.run_spec import RunSpec
from harness.scenario.vocabulary import DOCUMENT_KEYS, LEVELS, REQUIRED, VARIANT_KEYS

MOST_VARIANTS = 200
MOST_TWINS = 20
MOST_RUNS = 1000


@dataclass(frozen=True)
class Scenario:
    """One document, checked. `source` is FILE:LINE, where known.

    `runs` is every run it stands for: variants in the file's order, each followed by its twins. `issues`,
    `levels` and `tags` are those that any of the runs has.
    """

    name: str
    story: str
    issues: tuple[int, ...]
    levels: tuple[str, ...]
    tags: tuple[str, ...]
    runs: tuple[RunSpec, ...]
    source: str = ""


@dataclass(frozen=True)
class _VariantDocument:
    """A document with one variant laid over it: what its runs are parsed from.

    `rules` and `forbids` say where the author wrote each rule and prohibition, `root` where the keys that
    the variant overrides stand.
    """

    name: str
    document: Mapping[str, Any]
    rules: tuple[Path, ...]
    forbids: tuple[Path, ...] = ()
    root: Path = ()
    overridden: frozenset[str] = frozenset()

    def written(self, path: Path) -> Path:
        """Where the author wrote what stands at `path` of the laid-out document."""
        return (*self.root, *path) if path and path[0] in self.overridden else path


def parse_scenario(document: Any, source: str = "") -> Scenario:
    """A whole document, with every variant and twin checked. Raises LanguageError for the first mistake."""
    check_keys(document, DOCUMENT_KEYS, REQUIRED)
    _refuse_both_heals(document, ())
    check_description(document)  # also where every variant overrides them
    name = parse_name(document["scenario"], ("scenario",))
    if not isinstance(document["rules"], list):
        raise LanguageError(("rules",), "rules is a list: each rule begins with a dash; [] is none")
    runs = [run for variant in _variants(name, document) for run in _runs(variant)]
    if len(runs) > MOST_RUNS:
        raise LanguageError((), f"{len(runs)} runs of one scenario are more than {MOST_RUNS}")
    if document.get("hypothetical") is True and not any(run.hypothetical for run in runs):
        raise LanguageError(
            ("hypothetical",), "nothing is injected here without a witness: leave hypothetical out"
        )
    return Scenario(
        name=name,
        story=runs[0].story,
        issues=tuple(dict.fromkeys(issue for run in runs for issue in run.issues)),
        levels=tuple(level for level in LEVELS if any(level in run.levels for run in runs)),
        tags=tuple(dict.fromkeys(tag for run in runs for tag in run.tags)),
        runs=tuple(runs),
        source=source,
    )


def _refuse_both_heals(document: Mapping[str, Any], path: Path) -> None:
    if "heal" in document and "heal_twin" in document:
        raise LanguageError((*path, "heal_twin"), "heal and heal_twin: keep one, a twin is healed anyway")


def _variants(name: str, document: Mapping[str, Any]) -> list[_VariantDocument]:
    base = {key: value for key, value in document.items() if key != "variants"}
    paths: tuple[Path, ...] = tuple(("rules", number) for number in range(len(base["rules"])))
    forbids = base.get("forbids", [])
    if not isinstance(forbids, list):
        raise LanguageError(("forbids",), "forbids is a list: each prohibition begins with a dash")
    if "variants" not in document:
        return [_VariantDocument(name, base, paths, _paths(("forbids",), forbids))]
    variants = document["variants"]
    if not isinstance(variants, dict) or not 0 < len(variants) <= MOST_VARIANTS:
        raise LanguageError(("variants",), f"variants is a mapping of 1 to {MOST_VARIANTS} names to rules")
    return [_variant(name, base, paths, variant, given) for variant, given in variants.items()]


def _variant(
    name: str, base: Mapping[str, Any], paths: tuple[Path, ...], variant: Any, given: Any
) -> _VariantDocument:
    path: Path = ("variants", variant)
    parse_name(variant, path)
    changed = given if isinstance(given, dict) else {"rules": given}
    for key in changed:
        if key not in VARIANT_KEYS:
            raise LanguageError((*path, key), f"a variant has no {quoted(key)}: {suggest(key, VARIANT_KEYS)}")
    rules_path: Path = (*path, "rules") if isinstance(given, dict) else path
    more = changed.get("rules", [])
    if not isinstance(more, list):
        raise LanguageError(rules_path, "a variant is a list of rules, or a mapping of rules and other keys")
    _refuse_both_heals(changed, path)
    forbids, more_forbids = base.get("forbids", []), changed.get("forbids", [])
    if not isinstance(more_forbids, list):
        raise LanguageError((*path, "forbids"), "forbids is a list: each prohibition begins with a dash")
    replaced = {"heal": "heal_twin", "heal_twin": "heal"}
    dropped = {replaced[key] for key in changed if key in replaced}
    document = {key: value for key, value in base.items() if key not in dropped}
    document |= {**changed, "rules": [*base["rules"], *more]}
    if forbids or more_forbids:
        document["forbids"] = [*forbids, *more_forbids]
    rule_paths = (*paths, *_paths(rules_path, more))
    forbid_paths = (*_paths(("forbids",), forbids), *_paths((*path, "forbids"), more_forbids))
    overridden = frozenset(changed) - {"rules", "forbids"}
    return _VariantDocument(f"{name}/{variant}", document, rule_paths, forbid_paths, path, overridden)


def _paths(path: Path, items: list[Any]) -> tuple[Path, ...]:
    return tuple((*path, number) for number in range(len(items)))


def _runs(variant: _VariantDocument) -> list[RunSpec]:
    """The variant's own run, then its twins, in the file's order."""
    document = {key: value for key, value in variant.document.items() if key != "heal_twin"}
    try:
        runs = [parse_run({"run": variant.name, **document}, variant.rules, variant.forbids)]
        _refuse_settles_beside_heal(runs[0])
        twins = _twins(variant)
    except LanguageError as error:
        raise LanguageError(variant.written(error.path), error.sentence) from None
    for path, moment in twins:
        name = f"{variant.name}+heals-{_moment_in_name(moment)}"
        if any(run.name == name for run in runs):
            raise LanguageError(variant.written(path), f"two twins heal at {moment.text()}: keep one")
        healed = {**document, "run": name, "heal": moment.text(), "asks": _with_recovers(runs[0])}
        try:
            runs.append(parse_run(healed, variant.rules, variant.forbids))
        except LanguageError as error:
            at = path if error.path[:1] == ("heal",) else error.path
            raise LanguageError(variant.written(at), f"{error.sentence} (with {path[0]})") from None
    return runs


def _refuse_settles_beside_heal(run: RunSpec) -> None:
    if run.heal is not None and any("settles" in checks for checks in run.asks.values()):
        raise LanguageError(("asks",), "settles applies where nothing heals: ask recovers, or use heal_twin")


def _twins(variant: _VariantDocument) -> list[tuple[Path, Moment]]:
    if "heal_twin" not in variant.document:
        return []
    given = variant.document["heal_twin"]
    listed = given if isinstance(given, list) else [given]
    if not 0 < len(listed) <= MOST_TWINS:
        raise LanguageError(
            ("heal_twin",), f"heal_twin is a moment such as 30m, or 1 to {MOST_TWINS} of them"
        )
    ids = [rule["id"] for rule in variant.document["rules"] if "id" in rule]
    paths: list[Path] = [
        ("heal_twin", number) if given is listed else ("heal_twin",) for number in range(len(listed))
    ]
    return [(path, parse_moment(each, path, ids)) for path, each in zip(paths, listed, strict=True)]


def _moment_in_name(moment: Moment) -> str:
    """A moment as part of a run's name: `30m`, `30m-after-drop`, `drop`, `lost-2`, `gaveup-or-3h`."""
    if moment.mark is None:
        return moment.text()
    name = moment.mark if moment.nth == 1 else f"{moment.mark}-{moment.nth}"
    name = f"{Moment(None, 1, moment.offset_us).text()}-after-{name}" if moment.offset_us else name
    return name if moment.latest_us is None else f"{name}-or-{Moment(None, 1, moment.latest_us).text()}"


def _with_recovers(run: RunSpec) -> dict[str, list[str]]:
    return {level: [*checks, "recovers"] for level, checks in run.asks.items()}
