"""The OpenAPI document: valid, written from the models that validate, and true, tried with made-up requests."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.citizen import Citizen
from tests.hub import RunningHub
from tests.program import Program
from tests.visitors import PDF, maria_fixture, office_fixture
from web import schemas
from web.application import create
from web.openapi import OPERATIONS

__all__ = ["maria_fixture", "office_fixture"]

MOST = 40
"""Made-up requests for each operation, besides those for each limit in its schema: a thousand in all."""


async def document(citizen: Citizen) -> dict[str, Any]:
    """The document as it is served."""
    answer = await citizen.http.get("/api/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    return found


class TestTheDocument:
    async def test_names_every_call_that_the_hub_answers(self, office: RunningHub, maria: Citizen) -> None:
        app = await asyncio.to_thread(create, office.hub, "k")
        rules = {
            (method.lower(), re.sub(r"<(\w+):\w+>", r"{\1}", rule.rule))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if rule.rule.startswith("/api/") and rule.rule != "/api/openapi.json"
        }
        paths = (await document(maria))["paths"]
        assert {(method, path) for path, item in paths.items() for method in item} == rules

    async def test_has_the_schemas_of_the_models_that_validate(self, maria: Citizen) -> None:
        found = (await document(maria))["components"]["schemas"]
        for name in ("NewConversation", "NewMessage", "NewCallback", "Rating", "Status", "Transcript"):
            model = getattr(schemas, name)
            assert found[name]["properties"].keys() == model.model_fields.keys()
        assert found["NewMessage"]["properties"]["text"]["maxLength"] == schemas.TEXT_LIMIT

    async def test_has_schemas_that_are_valid(self, maria: Citizen) -> None:
        whole = await document(maria)
        assert whole["openapi"] == "3.1.0"
        for schema in whole["components"]["schemas"].values():
            jsonschema_rs.meta.validate(schema)

    async def test_describes_the_answers_that_come(self, maria: Citizen) -> None:
        whole = await document(maria)
        await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
        answers = {
            "Status": await maria.http.get("/api/status"),
            "Transcript": await maria.call("GET", "/transcript"),
            "Accepted": await maria.say("ciao"),
            "Problem": await maria.say(""),
            "ConversationStarted": await maria.start("ciao"),
        }
        for name, answer in answers.items():
            schema = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
            jsonschema_rs.validate(schema, answer.json())

    async def test_promises_only_answers_that_can_come(self, maria: Citizen) -> None:
        whole = await document(maria)
        for operation in OPERATIONS:
            described = whole["paths"][operation.path][operation.method]
            assert set(described["responses"]) == {
                str(status) for status in (*operation.answers, *operation.problems)
            }
            assert described["security"] == ([{"token": []}] if operation.secret else [])


async def test_no_request_that_can_be_made_up_ends_in_an_error_or_an_answer_not_described(
    tmp_path: Path,
) -> None:
    """Schemathesis makes up requests from the document, right ones and wrong ones, and checks what comes.

    All but the stream of events, which does not end by itself; its tests are elsewhere.
    """
    program = Program(tmp_path, bridges={})
    await program.start()
    try:
        async with Citizen(program.url) as citizen, Citizen(program.url) as leaving:
            await citizen.start("Buongiorno")
            await citizen.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
            await leaving.start("Addio")
        config = tmp_path / "schemathesis.toml"
        config.write_text(settings(citizen, leaving))
        run = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config),
            "run", f"{program.url}/api/openapi.json", "--seed", "1", "--generation-deterministic",
            "--max-examples", str(MOST), "--phases", "examples,coverage,fuzzing",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
            "response_schema_conformance,response_headers_conformance,ignored_auth,unsupported_method,use_after_free",
            "--exclude-path-regex", "/events$", "--request-timeout", "20", "--no-color",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(run.communicate(), 240)
        assert run.returncode == 0, said.decode()[-6000:]
        assert re.search(rb"(\d{3,}) generated, \1 passed", said), said.decode()[-3000:]
    finally:
        await program.stop()
    assert b"Traceback" not in program.errors
    assert b"ERROR" not in program.errors


def settings(citizen: Citizen, leaving: Citizen) -> str:
    """The conversation that the made-up requests are about, most of the time, and the one that is erased."""
    return f"""
    [auth.openapi.token]
    bearer = "{citizen.token}"

    [parameters]
    "path.id" = "{citizen.id}"

    [[operations]]
    include-name = "DELETE /api/conversations/{{id}}"
    parameters = {{ "path.id" = "{leaving.id}" }}
    headers = {{ Authorization = "Bearer {leaving.token}" }}
    """
