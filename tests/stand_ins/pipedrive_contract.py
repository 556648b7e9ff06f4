"""Pipedrive's own OpenAPI descriptions, cut to the operations that the workbench uses; what they say of a request and
an answer.

``python -m tests.stand_ins.pipedrive_contract FOLDER`` makes the cut anew from the vendor's two files
(``pipedrive-v1.openapi.yaml``, ``pipedrive-v2.openapi.yaml``): texts go, names, types, examples stay.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

FOLDER = Path(__file__).parent / "documented"
#: What a path of ours begins with, by version of the interface.
PREFIXES = {"v1": "/v1", "v2": "/api/v2"}
USED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "v1": {
        "/notes": ("get", "post"), "/notes/{id}": ("get",), "/users": ("get",), "/deals/{id}/changelog": ("get",),
        "/activityTypes": ("get",), "/callLogs": ("get", "post"),
    },
    "v2": {
        "/deals": ("get", "post"), "/deals/archived": ("get",), "/deals/{id}": ("get", "patch"),
        "/activities": ("get", "post"), "/activities/{id}": ("get", "patch"), "/persons": ("get", "post"),
        "/persons/{id}": ("get",), "/persons/search": ("get",), "/stages": ("get",), "/pipelines": ("get",),
    },
}  # fmt: skip


def description_file(version: str) -> Path:
    return FOLDER / f"pipedrive-{version}.openapi.json"


@cache
def description(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(description_file(version).read_text(encoding="utf-8"))
    return found


def operation(method: str, path: str) -> dict[str, Any]:
    """What is said of a request to this path. Raises :class:`LookupError` where nothing is."""
    for version, prefix in PREFIXES.items():
        if not path.startswith(prefix + "/"):
            continue
        rest = path.removeprefix(prefix)
        for template, methods in sorted(description(version)["paths"].items(), key=lambda item: "{" in item[0]):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), rest) and method.lower() in methods:
                found: dict[str, Any] = methods[method.lower()]
                return found
    raise LookupError(f"{method} {path}")


def check_question(method: str, path: str, params: Mapping[str, str]) -> None:
    """Raises :class:`AssertionError` for a parameter that is not described, or a value that does not fit."""
    known = {item["name"]: item["schema"] for item in operation(method, path).get("parameters", ())
             if item["in"] == "query"}  # fmt: skip
    for name, value in params.items():
        assert name in known, f"{path}: no parameter {name}"
        schema = known[name]
        if schema.get("type") in ("integer", "number"):
            assert value.isdigit(), f"{path}: {name}={value}"
        for one in value.split(",") if "enum" in schema else ():
            assert one in map(str, schema["enum"]), f"{path}: {name}={value}"
        if "-time" in schema.get("format", "") or name.startswith("updated_"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value), f"{path}: {name}={value}"


def check_answer(method: str, path: str, answer: Any) -> None:
    """Raises :class:`jsonschema.ValidationError` for an answer that the description does not allow.

    Nulls are taken for what is absent: the vendor's examples have them where the types know of none.
    """
    jsonschema.validate(_without_nulls(answer), answer_schema(method, path))


def answer_schema(method: str, path: str) -> dict[str, Any]:
    responses = operation(method, path)["responses"]
    found = next(responses[status] for status in ("200", "201") if status in responses)
    schema: dict[str, Any] = found["content"]["application/json"]["schema"]
    return _draft(schema)


def row_fields(method: str, path: str) -> frozenset[str]:
    """Names of the fields of one row of an answer."""
    return frozenset(_row_fields(answer_schema(method, path)))


def _row_fields(schema: Mapping[str, Any], inside: bool = False) -> Iterator[str]:
    if inside:
        yield from schema.get("properties", {})
    for part in ("allOf", "anyOf", "oneOf"):
        for item in schema.get(part, ()):
            yield from _row_fields(item, inside)
    data = schema.get("properties", {}).get("data")
    if data is not None and not inside:
        yield from _row_fields(data.get("items", data), True)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _draft(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: formats and examples don't matter, ``nullable`` is :func:`_without_nulls`'s."""
    if isinstance(schema, dict):
        return {name: _draft(item) for name, item in schema.items() if name not in ("nullable", "example", "format")}
    return [_draft(item) for item in schema] if isinstance(schema, list) else schema


def _cut(value: Any, *, in_properties: bool = False) -> Any:
    """Without texts for people; a property may be called so too."""
    if isinstance(value, dict):
        return {
            name: _cut(item, in_properties=name == "properties")
            for name, item in value.items()
            if in_properties or (name not in ("description", "summary", "tags", "x-token-cost") or name == "enum")
        }
    return [_cut(item) for item in value] if isinstance(value, list) else value


def main(folder: Path) -> None:
    for version, used in USED.items():
        whole = yaml.safe_load((folder / f"pipedrive-{version}.openapi.yaml").read_text(encoding="utf-8"))
        paths = {
            path: {method: _answered(_cut(whole["paths"][path][method])) for method in methods}
            for path, methods in used.items()
        }
        cut = {
            "openapi": whole["openapi"],
            "info": whole["info"],
            "servers": whole["servers"],
            "paths": paths,
            "components": {"securitySchemes": {"api_key": whole["components"]["securitySchemes"]["api_key"]}},
        }
        description_file(version).write_text(json.dumps(cut, ensure_ascii=False, indent=1, default=str) + "\n")


def _answered(operation: dict[str, Any]) -> dict[str, Any]:
    """With the one way to show who asks that is used here, and descriptions that the format wants."""
    for response in operation["responses"].values():
        response["description"] = ""
    return {**operation, "security": [{"api_key": []}]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
