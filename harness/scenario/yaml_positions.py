"""YAML text to plain data, with the line of every part. Refuses what the language has no use for.

The scalars are narrower than YAML 1.1's, so that nothing is read as something its author did not see:
`yes`, `off` and the like are refused instead of turning into booleans, dates and `1:30` stay texts, numbers
are decimal. Tags, merge keys and duplicate keys are refused; anchors and aliases are welcome.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _FastestLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as _FastestLoader  # type: ignore[assignment]

from fake_qq_server.rules.language_errors import Path, quoted

MOST_CHARACTERS = 400_000
DEEPEST = 30
MOST_PARTS = 50_000
MOST_DOCUMENTS = 500
_STR, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"
_BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float"))
_YAML_1_1_BOOLEANS = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_READ_DIFFERENTLY = re.compile(
    r'[\t\ufeff]|[|>][-+0-9]*#|^(?! *#)(?:[^"?!\n]|"[^"\n]*"|")*+[?!]', re.MULTILINE
)
"""What libyaml takes and the parser in Python may refuse: a file must be right everywhere or nowhere. What
stands between double quotes is none of it."""


class YamlError(ValueError):
    """A text that is not YAML, or not of this kind; `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


class _Plain(yaml.composer.Composer, yaml.resolver.Resolver):
    """Knows texts, booleans, whole and decimal numbers and null; stops before it recurses too deep."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise YamlError(parent.start_mark.line + 1 if parent else 1, f"nested more than {DEEPEST} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Plain.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    (_BOOL, "true|True|TRUE|false|False|FALSE", "tTfF"),
    (_INT, "-?(?:0|[1-9][0-9]*)", "-0123456789"),
    (_FLOAT, _DECIMAL.pattern, "-0123456789"),
    (_NULL, "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    # The resolver only looks at a text's beginning; the whole of it has to match.
    _Plain.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), list(_first))


class _InPython(_Plain, yaml.SafeLoader):
    """The parser whose sentences say best what is wrong."""


class _Fastest(_Plain, _FastestLoader):
    """libyaml's parser, ten times as fast; the nodes are composed in Python all the same."""

    def __init__(self, text: str) -> None:
        _FastestLoader.__init__(self, text)
        yaml.composer.Composer.__init__(self)


@dataclass(frozen=True)
class Document:
    """One document: plain data, and the line (from 1) of each path in it."""

    data: Any
    lines: dict[Path, int]
    line: int

    def line_of(self, path: Path) -> int:
        """The line of the nearest part of `path` that was written."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return self.line


def read_documents(text: str) -> list[Document]:
    """All documents of a text, one at least. Raises YamlError."""
    if len(text) > MOST_CHARACTERS:
        raise YamlError(1, f"the file has more than {MOST_CHARACTERS} characters: this is no scenario")
    if not _READ_DIFFERENTLY.search(text):
        with contextlib.suppress(yaml.YAMLError, YamlError):  # then the other parser says what is wrong
            return _documents(_Fastest(text))
    try:
        return _documents(_InPython(text))
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise YamlError(line, "a character that YAML does not allow; is this a text file?") from None


def _documents(loader: _Fastest | _InPython) -> list[Document]:
    nodes = list(_composed(loader))
    if not nodes:
        raise YamlError(1, "the file is empty: a scenario begins with scenario: NAME")
    return [_Converter().document(node) for node in nodes]


def _composed(loader: _Fastest | _InPython) -> Iterator[yaml.Node]:
    try:
        for _ in range(MOST_DOCUMENTS):
            if not loader.check_node():
                return
            node = loader.get_node()
            if node is not None:
                yield node
        raise YamlError(1, f"more than {MOST_DOCUMENTS} documents")
    finally:
        loader.dispose()


def _not_yaml(error: yaml.MarkedYAMLError, text: str) -> YamlError:
    # What is never closed is better looked for where it was opened.
    unclosed = "end of stream" in str(error.problem) and error.context_mark is not None
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    line = min(mark.line + 1, text.count("\n") + 1) if mark else 1
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
    if "'\\t'" in problem:
        return YamlError(line, "a tab: YAML is indented with spaces")
    context = " ".join(str(error.context).split()) if error.context and error.problem else ""
    said = f"{context + ': ' if context else ''}{problem}"
    return YamlError(line, f"this is not YAML: {said:.150}")  # it quotes names of any length


class _Converter:
    """Turns one document's nodes into plain data and notes the line of each part."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._parts = 0
        self._open: set[int] = set()

    def document(self, node: yaml.Node) -> Document:
        line = node.start_mark.line + 1
        self.lines[()] = line
        data = self._value(node, ())
        if data is None:
            raise YamlError(line, "an empty document: a scenario begins with scenario: NAME")
        return Document(data, self.lines, line)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise YamlError(line, f"the document has more than {MOST_PARTS} parts, aliases written out")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, line)
        if id(node) in self._open:
            raise YamlError(line, "an alias that contains itself")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path, line)
            if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
                return self._sequence(node, path)
        finally:
            self._open.discard(id(node))
        raise YamlError(line, f"the tag {quoted(node.tag)} is not part of the language")

    def _sequence(self, node: yaml.SequenceNode, path: Path) -> list[Any]:
        items = []
        for number, child in enumerate(node.value):
            self.lines[*path, number] = child.start_mark.line + 1
            items.append(self._value(child, (*path, number)))
        return items

    def _mapping(self, node: yaml.MappingNode, path: Path, line: int) -> dict[str, Any]:
        if node.tag != "tag:yaml.org,2002:map":
            raise YamlError(line, f"the tag {quoted(node.tag)} is not part of the language")
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            at = key_node.start_mark.line + 1
            key = _key(key_node, at)
            if key in found:
                raise YamlError(at, f"{quoted(key)} is written twice in one mapping: keep one")
            self.lines[*path, key] = at
            found[key] = self._value(value_node, (*path, key))
        return found


def _key(node: yaml.Node, line: int) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise YamlError(line, "a key is a word; this one is a list or a mapping")
    if node.value == "<<" and not node.style:
        raise YamlError(
            line, "merge keys (<<) are not part of the language: write the keys out, or alias rules"
        )
    if not node.style and node.value == "on":
        raise YamlError(line, "YAML reads on as true: the key for an event is when")
    value = _scalar(node, line)
    if not isinstance(value, str):
        raise YamlError(line, f"a key is a word; {node.value[:40]!r} is not")
    return value


def _scalar(node: yaml.ScalarNode, line: int) -> Any:
    text, tag = node.value, node.tag
    if tag == _STR:
        if not node.style and _YAML_1_1_BOOLEANS.fullmatch(text):
            raise YamlError(line, f"YAML reads {text} as a boolean: write true or false, or put it in quotes")
        return text
    if tag == _NULL and text in ("", "~", "null", "Null", "NULL"):
        return None
    if tag == _BOOL and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if tag == _INT:
        if not _INTEGER.fullmatch(text):
            raise YamlError(line, f"{text[:30]}... is a number with too many digits" if len(text) > 30
                            else f"{quoted(text)} is not a whole number")  # fmt: skip
        return int(text)
    if tag == _FLOAT and _DECIMAL.fullmatch(text):
        return float(text)
    raise YamlError(line, f"the tag {quoted(tag)} on {quoted(text)} is not part of the language")
