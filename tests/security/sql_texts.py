"""Which texts of SQL hold something that is no constant of the program: read off the syntax tree.

A text is sound when it is made of literals, of constants, and of what is chosen among them. A parameter of a function
is not sound, unless its type says that it can't hold text of a person: a number, or one of a list of literals.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Who takes SQL as the first argument.
SINKS = frozenset({"Statement", "execute", "executemany", "sql", "rows", "row", "value", "arrow", "stream"})
#: Types of parameters that hold no text of a person.
SOUND_TYPES = ("int", "bool", "float", "Literal", "date", "datetime")
#: Calls whose result is as sound as what they are given, and those whose result is a number.
# among, condition: they give (literals with ?, values), see qc_workbench/store/scoping.py
CONDITIONS = frozenset({"among", "client_calls", "condition", "isoformat"})
PASSING = frozenset(
    {"join", "strip", "replace", "dedent", "tuple", "list", "sorted", "read_text", "items", "values", "keys"}
)
NUMBERS = frozenset({"len", "int", "float", "sum", "abs", "round", "range", "repr_int"})

Scope = ast.Module | ast.FunctionDef


@dataclass
class Module:
    path: Path
    tree: ast.Module = field(init=False)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    locals: dict[ast.FunctionDef, dict[str, list[ast.expr]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_text(encoding="utf-8"))
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ImportFrom):
                self.imported |= {alias.asname or alias.name for alias in node.names}
        self.constants = dict(_assigned(self.tree.body))

    def unsound(self) -> Iterator[tuple[str, int, str]]:
        """(function, line, the part that is no constant)."""
        for function in ast.walk(self.tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or _called(call) not in SINKS or not call.args:
                    continue
                if isinstance(call.args[0], ast.Constant) and not isinstance(call.args[0].value, str):
                    continue
                part = self.first_unsound(call.args[0], function, frozenset())
                if part is not None:
                    yield function.name, call.lineno, ast.unparse(part)[:70]

    def first_unsound(self, node: ast.expr, where: ast.FunctionDef, seen: frozenset[str]) -> ast.expr | None:
        match node:
            case ast.Constant():
                return None
            case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return self._first(parts, where, seen)
            case ast.FormattedValue(value=inner) | ast.Starred(value=inner) | ast.Subscript(value=inner):
                return self.first_unsound(inner, where, seen)
            case ast.Dict(values=parts):
                return self._first(parts, where, seen)
            case ast.BinOp(left=left, right=right):
                return self._first([left, right], where, seen)
            case ast.BoolOp(values=parts):
                return self._first(parts, where, seen)
            case ast.IfExp(body=one, orelse=other):
                return self._first([one, other], where, seen)
            case ast.Compare() | ast.UnaryOp():
                return None
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
                return self.first_unsound(element, where, seen)
            case ast.NamedExpr(value=inner):
                return self.first_unsound(inner, where, seen)
            case ast.Name(id=name):
                return self._name(node, name, where, seen)
            case ast.Call():
                return self._call(node, where, seen)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                attribute.isupper() and name in self.imported
            ):
                return None
        return node

    def _first(self, parts: list[ast.expr], where: ast.FunctionDef, seen: frozenset[str]) -> ast.expr | None:
        found = (self.first_unsound(part, where, seen) for part in parts if part is not None)
        return next((part for part in found if part is not None), None)

    def _name(self, node: ast.Name, name: str, where: ast.FunctionDef, seen: frozenset[str]) -> ast.expr | None:
        key = f"{where.name}.{name}"
        if key in seen or (name.lstrip("_").isupper() and (name in self.constants or name in self.imported)):
            return None
        values = self._local(where).get(name)
        for argument in (*where.args.posonlyargs, *where.args.args, *where.args.kwonlyargs):
            if argument.arg == name:
                told = ast.unparse(argument.annotation) if argument.annotation else ""
                return None if told.startswith(SOUND_TYPES) else node
        if values is None:
            values = self.constants.get(name)
        return self._first(values, where, seen | {key}) if values else node

    def _local(self, where: ast.FunctionDef) -> dict[str, list[ast.expr]]:
        if where not in self.locals:
            self.locals[where] = dict(_assigned(where.body))
        return self.locals[where]

    def _call(self, node: ast.Call, where: ast.FunctionDef, seen: frozenset[str]) -> ast.expr | None:
        called = _called(node)
        if called in NUMBERS | CONDITIONS:
            return None
        if called in PASSING and isinstance(node.func, ast.Attribute):
            return self._first([node.func.value, *node.args], where, seen)
        if called in PASSING:
            return self._first(node.args, where, seen)
        own = self.functions.get(called) if isinstance(node.func, ast.Name) else None
        if own is not None and f"{called}()" not in seen:
            returned = [item.value for item in ast.walk(own) if isinstance(item, ast.Return) and item.value]
            part = self._first(returned, own, seen | {f"{called}()"})
            # what it got and gives on is judged here, where it is called
            return self._first(list(node.args), where, seen) if isinstance(part, ast.Name) else part
        return node


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.expr]]]:
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        _note(found, target, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    _note(found, target, value)
                case ast.AugAssign(target=target, value=value):
                    _note(found, target, value)
                case ast.NamedExpr(target=target, value=value):
                    _note(found, target, value)
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    _note(found, target, value)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"), args=args):
                    found.setdefault(name, []).extend(args)
    yield from found.items()


def _note(found: dict[str, list[ast.expr]], target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple):
        same = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
        for place, item in enumerate(target.elts):
            _note(found, item, value.elts[place] if same and isinstance(value, ast.Tuple) else value)
