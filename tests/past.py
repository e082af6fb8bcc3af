"""A record as revision 0011 had it, where deliveries knew only the numbers of their entries."""

from sqlalchemy import Connection, text

_CONVERSATION = text(
    "INSERT INTO conversation (id, kind, state, token_hash, lang, blocked, reminded, last_seq, had_seq, created_at,"
    " updated_at) VALUES (:id, 'chat', 'waiting', '', 'it', false, false, 2, 0, 0, 0)"
)
_ENTRY = text(
    "INSERT INTO entry (id, conversation_id, seq, kind, origin, origin_key, author, text, data, created_at)"
    " VALUES (:id, :of, :seq, 'message', 'visitor', :key, 'visitor', '', '{}', 0)"
)
_DELIVERY = text(
    "INSERT INTO delivery (id, conversation_id, seq, bridge, state, attempts, due_at, created_at, updated_at)"
    " VALUES (:id, :of, :seq, :bridge, :state, 0, 0, 0, 0)"
)
_ENTRIES = [(11, "a", 1), (12, "b", 1), (13, "a", 2), (14, "b", 2)]
_DELIVERIES = [
    (1, "b", 2, "slack", "queued"),
    (2, "a", 1, "telegram", "failed"),
    (3, "a", 1, "slack", "sent"),
    (4, "a", 9, "slack", "queued"),  # of an entry that was never there
    (5, "b", 1, "slack", "unknown"),
]
DELIVERED = [
    (1, "b", 2, "slack", "queued", 14),
    (2, "a", 1, "telegram", "failed", 11),
    (3, "a", 1, "slack", "sent", 11),
    (5, "b", 1, "slack", "unknown", 12),
]
"""What is to become of the deliveries: the number of each one's entry stands behind it."""


def put_a_past(connection: Connection) -> None:
    """Write the record into a database of revision 0011."""
    for conversation in ("a", "b"):
        connection.execute(_CONVERSATION, {"id": conversation})
    for number, conversation, seq in _ENTRIES:
        values = {"id": number, "of": conversation, "seq": seq, "key": f"{conversation}/{seq}"}
        connection.execute(_ENTRY, values)
    for number, conversation, seq, bridge, state in _DELIVERIES:
        values = {"id": number, "of": conversation, "seq": seq, "bridge": bridge, "state": state}
        connection.execute(_DELIVERY, values)


def deliveries_in(connection: Connection) -> list[tuple[object, ...]]:
    """The deliveries of a database in the present shape, in sending order."""
    query = text("SELECT id, conversation_id, seq, bridge, state, entry_id FROM delivery ORDER BY id")
    return [tuple(row) for row in connection.execute(query)]
