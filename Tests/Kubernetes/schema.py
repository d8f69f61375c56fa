"""Checks objects against Kubernetes' own description of them: of a running cluster, and of the `kubernetes` package."""

from __future__ import annotations

from typing import Any, Iterator

REFERENCE = "#/definitions/"
PRIMITIVES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "object": dict, "array": list}


def complaints(value: Any, definition: dict[str, Any], definitions: dict[str, Any], place: str = "") -> Iterator[str]:
    """What of a value its definition (OpenAPI 2, as the API server publishes it) does not allow."""
    if "$ref" in definition:
        definition = definitions[definition["$ref"].removeprefix(REFERENCE)]
    if definition.get("format") == "int-or-string" or "type" not in definition and "properties" not in definition:
        return
    kind = definition.get("type", "object")
    if not isinstance(value, PRIMITIVES[kind]) or kind in ("integer", "number") and isinstance(value, bool):
        # Quantities are texts that may be written as numbers.
        if not (kind == "string" and isinstance(value, (int, float)) and ".resources." in place):
            yield f"{place}: {value!r} is no {kind}"
    elif kind == "array":
        for number, element in enumerate(value):
            yield from complaints(element, definition["items"], definitions, f"{place}[{number}]")
    elif kind == "object":
        yield from members(value, definition, definitions, place)


def members(value: dict[str, Any], definition: dict[str, Any], definitions: dict[str, Any], place: str) -> Iterator[str]:
    known, others = definition.get("properties", {}), definition.get("additionalProperties")
    for name in definition.get("required", []):
        if name not in value:
            yield f"{place}: '{name}' is missing"
    for name, member in value.items():
        if name in known:
            yield from complaints(member, known[name], definitions, f"{place}.{name}")
        elif isinstance(others, dict):
            yield from complaints(member, others, definitions, f"{place}.{name}")
        elif known:
            yield f"{place}: there is no field '{name}'"


def unknown_to_client(value: Any, kind: str, place: str = "") -> Iterator[str]:
    """Fields that the models of the `kubernetes` package, a current version, do not have."""
    import kubernetes.client

    if kind.startswith("list["):
        for number, element in enumerate(value):
            yield from unknown_to_client(element, kind[5:-1], f"{place}[{number}]")
        return
    model = getattr(kubernetes.client, kind, None)
    if model is None or not isinstance(value, dict):
        return
    fields = {written: model.openapi_types[name] for name, written in model.attribute_map.items()}
    for name, member in value.items():
        if name not in fields:
            yield f"{place}: there is no field '{name}'"
        else:
            yield from unknown_to_client(member, fields[name], f"{place}.{name}")
