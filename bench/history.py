"""Whether a message costs more when the journal is long."""

import sqlite3
from pathlib import Path

from bench.processes import CONNECTIONS, folder, program, rate, start_conversations
from bench.results import Length, Result, ratios
from running.parts import open_database, prepare_folder

SHORT = 1_000
_EACH = 20
"""Entries of one conversation."""


def fill(database: Path, rows: int) -> None:
    """Put conversations with ``rows`` entries, all delivered to one platform, into a new database."""
    prepare_folder(database.parent)
    open_database(f"sqlite:///{database}")
    conversations = [f"past{number:012d}" for number in range(rows // _EACH)]
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("PRAGMA synchronous=OFF")  # only while it is filled
        connection.executemany(
            "INSERT INTO conversation (id, kind, state, token_hash, lang, blocked, reminded, last_seq,"
            " created_at, updated_at, closed_at) VALUES (?, 'chat', 'closed', '', 'it', 0, 0, ?, 0, 0, 0)",
            ((conversation, _EACH) for conversation in conversations),
        )
        connection.executemany(
            "INSERT INTO entry (conversation_id, seq, kind, origin, origin_key, author, text, data, created_at)"
            " VALUES (?, ?, 'message', 'visitor', ?, 'visitor', ?, '{}', 0)",
            (
                (conversation, seq, f"{conversation}/{hash((conversation, seq)):x}", "Una domanda. " * 6)
                for seq in range(1, _EACH + 1)
                for conversation in conversations
            ),
        )
        connection.execute(
            "INSERT INTO delivery (conversation_id, seq, bridge, state, attempts, due_at, created_at, updated_at,"
            " entry_id) SELECT conversation_id, seq, 'slack', 'sent', 1, 0, 0, 0, id FROM entry ORDER BY id"
        )
    connection.close()


async def measure(length: Length) -> list[Result]:
    """The program on a short journal and the program on a long one, in turns."""
    with folder() as place:
        for name, rows in (("short", SHORT), ("long", length.rows)):
            fill(place / name / "data" / "linea.db", rows)
        async with program(place / "short") as short, program(place / "long") as long:
            lists = {hub.port: await start_conversations(hub.port, CONNECTIONS) for hub in (short, long)}
            for hub in (short, long):
                await rate(hub.port, lists[hub.port], length.warm_up)
            rounds = []
            for _ in range(length.rounds):
                few = await rate(short.port, lists[short.port], length.seconds)
                many = await rate(long.port, lists[long.port], length.seconds)
                rounds.append((few, many))
    ratio, lowest, highest = ratios(rounds)
    detail = (
        f"time of a message with {length.rows} rows, of that with {SHORT}; "
        f"{length.rounds} rounds in turns: {lowest:.2f} to {highest:.2f}"
    )
    return [Result("cost with a long journal", ratio, "×", "under", 1.2, detail)]
