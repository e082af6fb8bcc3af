"""The OpenAPI 3.1 document, written from the same pydantic models that validate the requests."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from texts import words
from web.proof import HEADER
from web.schemas import (
    Accepted,
    CallbackAccepted,
    CallbackState,
    ConversationStarted,
    FileForm,
    NewCallback,
    NewConversation,
    NewMessage,
    Problem,
    Rating,
    Status,
    Transcript,
    TranscriptMail,
)

_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True)
class Operation:
    """One call of the API: what it takes, and what it answers besides problems."""

    method: str
    path: str
    summary: str
    answers: dict[int, type[BaseModel] | str | None]
    """By status: a model (JSON), a content type, or None for no body."""
    problems: tuple[int, ...]
    takes: type[BaseModel] | None = None
    about: str = ""
    """What the summary leaves out (Markdown)."""
    secret: bool = True
    """Whether it needs the conversation's token."""


EVENTS = """\
Where an operator formatted a `text`, `marks` stands beside it: `[[0, 5, "bold"]]`, from and to which character (an
emoji is one), as `bold`, `italic`, `strike`, `code`, `pre` or `quote`. The text is complete without them.

What is in the journal has an `id:`, its `seq`; the stream resumes after `Last-Event-ID`: `message`, `file`, `edited`,
`deleted`, `operator`, `closed`, and

- `reaction` `{"target": 3, "reactions": ["👍"]}`: the emoji that operators have put on the message of that `seq`, all
  there are now, the latest last.

What passes has none: `typing`, `status` (the office opened or closed), `erased`, and

- `delivered` `{"seqs": [3, 4]}`: these messages of the citizen's are with the operators: a platform has them, or
  a desk shows them, or somebody answered after them;
- `undeliverable` `{"seqs": [5]}`: these were refused everywhere for good, and the operators were told.
- `queue` `{"position": 2, "minutes": 5}`: while no operator has answered, the place in the line of the department, from
  1, and how many minutes the first answer usually takes: the median of the latest conversations of four weeks, in
  opening hours. `minutes` is null where there were too few, where the usual wait is over, or where most went
  unanswered. `position` is null once the conversation waits no more. Sent when a stream opens, and at each change.

The first two are sent for the whole conversation whenever a stream opens, after the journal's entries. A message of
which neither was said is waiting, and is never given up on the hub's side. Events of other names are to be passed over.

A `message` of the hub's own may have `"offer": "callback"`: nobody has answered, and the citizen is to be offered to
leave contact details (`POST /api/callbacks` with `conversation`)."""

_READING = (401, 404, 503)
_WRITING = (400, 401, 404, 413, 415, 422, 429, 503)

OPERATIONS = (
    Operation("get", "/api/status", "Whether the office is there", {200: Status}, (), secret=False),
    Operation(
        "post",
        "/api/conversations",
        "Start a conversation with its first message",
        {201: ConversationStarted, 200: ConversationStarted},
        (400, 403, 409, 413, 415, 422, 429, 503),
        NewConversation,
        secret=False,
    ),
    Operation(
        "post",
        "/api/conversations/{id}/messages",
        "Send a message",
        {201: Accepted, 200: Accepted},
        (*_WRITING, 403),
        NewMessage,
    ),
    Operation(
        "post",
        "/api/conversations/{id}/files",
        "Send a file",
        {201: Accepted, 200: Accepted},
        (*_WRITING, 403),
        FileForm,
    ),
    Operation(
        "get",
        "/api/conversations/{id}/files/{seq}",
        "A file's bytes, or a preview of a picture",
        {200: "*/*"},
        _READING,
    ),
    Operation(
        "get",
        "/api/conversations/{id}/events",
        "The conversation as server-sent events",
        {200: "text/event-stream"},
        (400, *_READING),
        about=EVENTS,
    ),
    Operation("post", "/api/conversations/{id}/typing", "The citizen is typing", {204: None}, _READING),
    Operation("post", "/api/conversations/{id}/close", "End the conversation", {204: None}, _READING),
    Operation(
        "post", "/api/conversations/{id}/rating", "Rate the conversation", {204: None}, _WRITING, Rating
    ),
    Operation(
        "get",
        "/api/conversations/{id}/transcript",
        "The conversation, as JSON or as text",
        {200: Transcript},
        _READING,
    ),
    Operation(
        "post",
        "/api/conversations/{id}/transcript",
        "Send the conversation by e-mail",
        {204: None},
        (*_WRITING, 409),
        TranscriptMail,
        about="409 where the town has no mail server, where no operator has answered yet, and after three times.",
    ),
    Operation("delete", "/api/conversations/{id}", "Erase the conversation", {204: None}, _READING),
    Operation(
        "post",
        "/api/callbacks",
        "Leave a message with contact details",
        {201: CallbackAccepted, 200: CallbackAccepted},
        (400, 401, 403, 404, 413, 415, 422, 429, 503),
        NewCallback,
        secret=False,
    ),
    Operation(
        "get",
        "/api/callbacks/{reference}",
        "How far a message with contact details is",
        {200: CallbackState},
        (404, 429, 503),
        secret=False,
    ),
)


def document(server: str, version: str) -> dict[str, Any]:
    """The whole document; ``server`` is the hub's public address."""
    models: set[type[BaseModel]] = {Problem}
    for operation in OPERATIONS:
        models.update(m for m in operation.answers.values() if isinstance(m, type))
        if operation.takes is not None:
            models.add(operation.takes)
    modes = [(m, "validation") for m in sorted(models, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(modes, ref_template=_REFERENCE)  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Linea Diretta: the visitor's API", "version": version},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method}_{operation.path.replace('/api/', '').replace('/', '_')}".translate(
            str.maketrans("", "", "{}.")
        ),
        "parameters": _parameters(operation),
        "responses": {
            **{str(status): _answer(content) for status, content in operation.answers.items()},
            **{str(status): _problem(status) for status in sorted(operation.problems)},
        },
        "security": [{"token": []}] if operation.secret else [],
    }
    if operation.about:
        described["description"] = operation.about
    if operation.takes is not None:
        described["requestBody"] = {"required": True, "content": _body(operation.takes)}
    return described


def _body(model: type[BaseModel]) -> dict[str, Any]:
    if model is not FileForm:
        return {"application/json": {"schema": _ref(model)}}
    schema = model.model_json_schema()
    schema["properties"]["file"] = {"type": "string", "contentMediaType": "application/octet-stream"}
    schema["required"] = ["client_id", "file"]
    return {"multipart/form-data": {"schema": schema}}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{id}" in operation.path:
        found.append(_parameter("id", "path", {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"}))
    if "{reference}" in operation.path:
        found.append(_parameter("reference", "path", {"type": "string", "maxLength": 16}))
    if "{seq}" in operation.path:
        found.append(_parameter("seq", "path", {"type": "integer", "minimum": 1}))
    if operation.path == "/api/status":
        found += [_parameter(name, "query", {"type": "string"}) for name in ("lang", "page", "department")]
    if 429 in operation.problems and operation.method == "post":
        found.append(_parameter(HEADER, "header", {"type": "string", "maxLength": 2000}))
    if operation.path.endswith("/files/{seq}"):
        found.append(_parameter("preview", "query", {"const": "1"}))
    if operation.path.endswith("/transcript"):
        found.append(_parameter("format", "query", {"enum": ["json", "text"]}))
    if operation.path.endswith("/events"):
        found.append(_parameter("Last-Event-ID", "header", {"type": "integer", "minimum": 0}))
        found.append(_parameter("wait", "query", {"type": "integer", "minimum": 0, "maximum": 25}))
    return found


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _answer(content: type[BaseModel] | str | None) -> dict[str, Any]:
    if content is None:
        return {"description": "Done"}
    if isinstance(content, str):
        return {"description": "The content", "content": {content: {"schema": {"type": "string"}}}}
    answer = {"application/json": {"schema": _ref(content)}}
    if content is Transcript:
        answer["text/plain"] = {"schema": {"type": "string"}}
    return {"description": "Done", "content": answer}


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": words("en", {})(f"problem_{status}"),
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
    }


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
