"""Single-edit mutants of some functions of a source file. Pure: text in, text out.

Log calls, docstrings and the texts of exceptions are left alone, and so are annotations and default
arguments: what they say or hold does not change what the bot does, or not in a way that one edit shows.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/"}
_STATEMENTS = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise)


@dataclass(frozen=True)
class Mutant:
    """One edit, at `line` and `column`: the bytes `start` to `end` of the source become `new`.

    `lines` are those of the statement that holds the edit (of a compound statement: its head): a run that
    executes none of them cannot tell the mutant from the original.
    """

    function: str
    line: int
    column: int
    what: str
    lines: range
    start: int
    end: int
    new: str

    @property
    def name(self) -> str:
        """Where and what, for a person and as a key: `_reconnect:812:34 const 1+1`."""
        return f"{self.function}:{self.line}:{self.column} {self.what}"

    def applied(self, source: bytes) -> bytes:
        """The source with the edit."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants(source: bytes, functions: Sequence[str]) -> list[Mutant]:
    """Every mutant of the functions and methods of these names, in source order. Not all compile."""
    return [one for function in _functions(source, functions) for one in _Walk(source, function).all()]


def sample(
    source: bytes, functions: Sequence[str], usable: Callable[[bytes], bool], count: int, seed: int
) -> list[Mutant]:
    """Mutants whose source is usable, drawn without repetition.

    A larger sample of the same seed begins with the smaller one.
    """
    shuffled = mutants(source, functions)
    random.Random(seed).shuffle(shuffled)
    return list(islice((one for one in shuffled if usable(one.applied(source))), count))


def compiles(source: bytes) -> bool:
    """Whether it is Python."""
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(source: bytes, names: Sequence[str]) -> Iterator[Function]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and node.name in names:
            yield node


class _Walk:
    """The mutants of one function."""

    def __init__(self, source: bytes, function: Function) -> None:
        self._function = function
        self._starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]

    def all(self) -> Iterator[Mutant]:
        for statement in self._function.body:
            yield from self._under(statement, range(0))

    def _under(self, node: ast.AST, lines: range) -> Iterator[Mutant]:
        if _is_log_or_text(node) or isinstance(node, ast.arguments | ast.JoinedStr):
            return
        if isinstance(node, ast.stmt):
            lines = _head(node)
        for new, what in _edits(node):
            assert isinstance(node, ast.expr | ast.stmt)
            yield self._mutant(node, lines, new, what)
        if isinstance(node, ast.Raise):
            return
        for child in ast.iter_child_nodes(node):
            yield from self._under(child, lines)

    def _mutant(self, node: ast.expr | ast.stmt, lines: range, new: str, what: str) -> Mutant:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        return Mutant(self._function.name, node.lineno, node.col_offset, what, lines, start, end, new)


def _head(node: ast.stmt) -> range:
    """The lines of a simple statement, or of a compound one's head."""
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return range(node.lineno, max(last, node.lineno) + 1)


def _edits(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What may stand in the node's place, and the words for it."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            other = _COMPARISONS[type(op)]
            yield f"({ast.unparse(left)} {other} {ast.unparse(right)})", f"compare {_short(node)}"
        case ast.BoolOp(op=op, values=values):
            other = " or " if isinstance(op, ast.And) else " and "
            yield f"({other.join(f'({ast.unparse(one)})' for one in values)})", f"and/or {_short(node)}"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})", f"without not {_short(operand)}"
        case ast.Constant(value=bool() as value):
            yield str(not value), f"const {value}"
        case ast.Constant(value=int() | float() as value):
            yield repr(value + 1), f"const {value}+1"
        case ast.Constant(value=str() as value) if value:
            yield repr(f"{value}X"), f"str {value!r}+X"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            other = _ARITHMETIC[type(op)]
            yield f"({ast.unparse(left)} {other} {ast.unparse(right)})", f"binop {_short(node)}"
        case ast.Return(value=ast.expr() as value) if not _is_falsy(value):
            yield "return None", f"None for {_short(node)}"
    if isinstance(node, _STATEMENTS):
        yield "pass", f"drop {_short(node)}"


def _is_falsy(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _short(node: ast.AST) -> str:
    return ast.unparse(node).replace("\n", " ")[:70]


def _is_log_or_text(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="logger")))):
            return True
    return False
