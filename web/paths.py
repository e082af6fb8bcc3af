"""The parts of an address that name something of ours; what cannot be a name is a 404 before anything is asked."""

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map


class ConversationId(BaseConverter):
    """A conversation's id. A database may refuse other characters (PostgreSQL a NUL) instead of finding nothing."""

    regex = "[A-Za-z0-9_-]{1,32}"


class Sequence(IntegerConverter):
    """An entry's ``seq``: a number that the databases' integers hold."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class Reference(BaseConverter):
    """A callback's reference, as somebody may type it."""

    regex = "[^/\x00]{1,32}"


def register(app: Flask) -> None:
    """Let rules say ``<id:…>``, ``<seq:…>`` and ``<reference:…>``; before the blueprints that do."""
    app.url_map.converters.update(id=ConversationId, seq=Sequence, reference=Reference)
