"""The JSON Schema of ``config.yaml``, from the settings' own types: editors complete and check the file with it.

``python -m settings.schema > docs/config.schema.json`` writes the one that is shipped. What depends on several keys
at once (two departments in one channel) only the program itself can say.
"""

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from settings.model import Settings


class _Written(GenerateJsonSchema):
    """Without defaults, which are our objects and not what the file has."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The schema of the value alone."""
        return self.generate_inner(schema["schema"])


def json_schema() -> dict[str, Any]:
    """The schema as a document."""
    found = Settings.model_json_schema(by_alias=True, schema_generator=_Written)
    for part in [found, *found["$defs"].values()]:
        for name, value in part.get("properties", {}).items():
            part["properties"][name] = _or_empty(value)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Written by python -m settings.schema",
        **found,
        "title": "Linea Diretta: config.yaml",
    }


def _or_empty(value: dict[str, Any]) -> dict[str, Any]:
    """A section may be left empty (``departments:`` and nothing under it); a value may not."""
    value = {key: inner for key, inner in value.items() if key != "title"}
    inner = value.get("items", value)
    section = "$ref" in inner or value.get("type") == "object"
    return {"anyOf": [value, {"type": "null"}]} if section else value


def main() -> None:
    """Print it."""
    json.dump(json_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
