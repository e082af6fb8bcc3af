"""``./linea export`` and ``erase``: what the town can do with what it keeps."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from models.engine import writer_engine
from models.journal import Transaction
from models.statements import statements_for
from models.tables import Callback, Conversation, Entry, Kind, now_ms
from routing import withdrawing
from routing.files import FileStore
from running.errors import StartError
from running.parts import data_folder, open_database, read_secrets
from settings import Settings, database_url

_OF_CITIZENS = (Kind.CHAT, Kind.CALLBACK)


def export(settings: Settings, config: Path, to: Path | None) -> int:
    """Write every conversation with its entries as JSON, one a line; secrets are left out."""
    url = database_url(settings, config.parent, read_secrets(config))
    shows = sys.stderr.isatty()
    with _session(url) as session, _target(to) as out:
        count = 0
        for conversation in session.exec(
            select(Conversation).where(col(Conversation.kind).in_(_OF_CITIZENS))
        ):
            _write(out, session, conversation)
            count += 1
            if shows and count % 100 == 0:
                print(f"\r{count} conversations", end="", file=sys.stderr, flush=True)
    start = "\r" if shows else ""
    print(f"{start}{count} conversations exported", file=sys.stderr)
    return 0


def _target(to: Path | None) -> contextlib.AbstractContextManager[TextIO]:
    if to is None:
        return contextlib.nullcontext(sys.stdout)
    if to.exists():
        raise StartError(f"{to} exists already: choose another name")
    return to.open("x", encoding="utf-8")


def _write(out: TextIO, session: Session, conversation: Conversation) -> None:
    whole: dict[str, Any] = conversation.model_dump(exclude={"token_hash", "client_key", "agreed_text"})
    callback = session.exec(select(Callback).where(Callback.conversation_id == conversation.id)).first()
    whole["callback"] = callback.model_dump() if callback else None
    entries = session.exec(
        select(Entry).where(Entry.conversation_id == conversation.id).order_by(col(Entry.seq))
    )
    whole["entries"] = [entry.model_dump(exclude={"id", "conversation_id"}) for entry in entries]
    out.write(json.dumps(whole, ensure_ascii=False) + "\n")


def erase(settings: Settings, config: Path, conversation: str | None, reference: str | None) -> int:
    """Erase one conversation, by its id or its callback's reference, with its files."""
    url = database_url(settings, config.parent, read_secrets(config))
    with _session(url) as session:
        if reference is not None:
            callback = session.get(Callback, reference.strip().upper())
            conversation = callback.conversation_id if callback else None
        if conversation is None or session.get(Conversation, conversation) is None:
            raise StartError("there is no such conversation or callback")
        transaction = Transaction(session, statements_for(session.get_bind().dialect), now_ms)
        keys = withdrawing.erase(transaction, conversation)
        session.commit()
    asyncio.run(FileStore(data_folder(url, config) / "files").remove(keys))
    print("erased")
    return 0


@contextlib.contextmanager
def _session(url: str) -> Iterator[Session]:
    """A session on a database that is there, in this version's shape.

    Raises
    ------
    StartError
        If it is not there or cannot be used.
    """
    _must_exist(make_url(url))
    open_database(url)
    engine = writer_engine(url)
    try:
        with Session(engine) as session:
            yield session
    except SQLAlchemyError as error:
        raise StartError(f"the database cannot be used: {getattr(error, 'orig', None) or error}") from error
    finally:
        engine.dispose()


def _must_exist(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise StartError(f"there is no database at {url.database} yet")
