"""``./linea backup`` and ``restore``: everything a town keeps in one file, and back into its place.

A name that ends in ``.tar`` gets the database, the files that citizens and operators sent, and the key; any
other name gets the database alone. Restore takes both, and looks the whole over before it touches anything.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from running.errors import StartError
from running.parts import data_folder, hold_alone, open_database, prepare_folder, read_secrets
from running.progress import Progress
from settings import Settings, database_url

_PAGES = 2000
"""Pages copied in one go (8 MiB): between two, the service may write."""

_DATABASE = "database"
_KEY = "secret_key"
_DIGESTS = "SHA256.json"
"""The last member of an archive: the SHA-256 of each other one. An archive that was cut short lacks it."""

_SQLITE_MAGIC = b"SQLite format 3\x00"
_OUR_TABLES = {"alembic_version", "conversation", "entry", "delivery"}


def backup(settings: Settings, config: Path, to: Path) -> int:
    """Copy the database while it is in use (SQLite's online backup), and with it all that lies beside."""
    url = database_url(settings, config.parent, read_secrets(config))
    database = _sqlite_file(make_url(url), "backup copies SQLite databases; for PostgreSQL use pg_dump")
    if to.suffix in (".gz", ".tgz", ".zip", ".xz"):
        raise StartError(f"{to}: expected a name that ends in .tar (everything) or .db (the database alone)")
    if to.exists():
        raise StartError(f"{to} exists already: choose another name")
    if not database.is_file():
        raise StartError(f"there is no database at {database} yet")
    copy, partial = to.with_name(f"{to.name}.db.part"), to.with_name(f"{to.name}.part")
    try:
        _copy(database, copy)
        if to.suffix != ".tar":
            copy.rename(to)
            print(f"{to}: {_size(to)}; the database alone: a name that ends in .tar takes files and key, too")
            return 0
        files, missing = _pack(copy, data_folder(url, config), partial)
        partial.rename(to)
    finally:
        copy.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    gone = f" ({missing} are not there: erased, or lost)" if missing else ""
    print(f"{to}: {_size(to)}; the database, {files} files{gone} and the key: keep it under lock")
    return 0


def _sqlite_file(url: URL, otherwise: str) -> Path:
    if url.get_backend_name() != "sqlite" or not url.database:
        raise StartError(otherwise)
    return Path(url.database)


def _size(path: Path) -> str:
    return f"{max(1, path.stat().st_size // 1024)} KiB"


def _copy(database: Path, to: Path) -> None:
    """Copy a database that others write, and look the copy over."""
    to.touch(mode=0o600)  # before a byte is in it, and said in words where it cannot be written
    progress: Progress | None = None

    def copied(_status: int, remaining: int, total: int) -> None:
        nonlocal progress
        progress = progress or Progress(str(database), total)
        progress.reach(total - remaining)

    try:
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy, pages=_PAGES, progress=copied)
        verdict = _verdict(to)
    except sqlite3.Error as error:
        verdict = str(error)
    if progress is not None:
        progress.clear()
    if verdict != "ok":
        raise StartError(f"the database {database} could not be copied whole: {verdict}")


def _verdict(database: Path) -> str:
    """SQLite's own word on a file: "ok", or what is wrong with it."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        return str(opened.execute("PRAGMA integrity_check").fetchone()[0])


def _pack(copy: Path, folder: Path, to: Path) -> tuple[int, int]:
    """Put everything into one archive; how many files it has, and how many were not there.

    The database first: a file is on disk before the database names it, so that what the copy names is there.
    """
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        keys = [str(row[0]) for row in opened.execute("SELECT key FROM file ORDER BY key")]
    to.touch(mode=0o600)
    digests: dict[str, str] = {}
    missing = 0
    with tarfile.open(to, "w") as archive:
        _add(archive, _DATABASE, copy, digests)
        for key in keys:
            try:
                _add(archive, f"files/{key}", folder / "files" / key, digests)
            except FileNotFoundError:
                missing += 1
        if (folder / _KEY).exists():
            _add(archive, _KEY, folder / _KEY, digests)
        listed = json.dumps(digests, indent=1).encode()
        member = tarfile.TarInfo(_DIGESTS)
        member.size, member.mode = len(listed), 0o600
        archive.addfile(member, io.BytesIO(listed))
    return len(keys) - missing, missing


def _add(archive: tarfile.TarFile, name: str, path: Path, digests: dict[str, str]) -> None:
    with path.open("rb") as file:
        digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = path.stat().st_size, 0o600, int(path.stat().st_mtime)
        archive.addfile(member, file)


def restore(settings: Settings, config: Path, backup_file: Path) -> int:
    """Put a backup in the database's place; what was there is moved aside.

    Raises
    ------
    StartError
        If the file is damaged or no backup of ours, or a hub runs; nothing was touched then.
    """
    url = database_url(settings, config.parent, read_secrets(config))
    database = _sqlite_file(make_url(url), "restore is for SQLite databases; for PostgreSQL use pg_restore")
    if not backup_file.is_file():
        raise StartError(f"there is no file {backup_file}")
    folder = data_folder(url, config)
    if folder.exists() and folder.stat().st_uid != os.geteuid():
        raise StartError(
            f"{folder} is another user's: call restore as {folder.owner()}, with sudo -u {folder.owner()}"
        )
    prepare_folder(folder)
    hold_alone(folder)  # until this process ends
    unpacked = folder / "restoring"
    shutil.rmtree(unpacked, ignore_errors=True)  # of one that was broken off
    unpacked.mkdir(mode=0o700)
    try:
        _unpack(backup_file, unpacked)
        _look_over(backup_file, unpacked / _DATABASE)
        aside = _replace(unpacked, folder, database)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    print(f"restored from {backup_file}")
    if aside is not None:
        print(f"what was there before is in {aside}: delete it once all is well, for it holds citizens' data")
    return 0


def _unpack(backup_file: Path, to: Path) -> None:
    with backup_file.open("rb") as file:
        if file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC:
            shutil.copyfile(backup_file, to / _DATABASE)
            wal = backup_file.with_name(f"{backup_file.name}-wal")
            if wal.exists():  # somebody has opened the copy: what they wrote is part of it
                shutil.copyfile(wal, to / f"{_DATABASE}-wal")
            return
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                _unpack_archive(archive, to)
        except (tarfile.TarError, OSError, ValueError, KeyError) as error:
            if isinstance(error, OSError) and error.errno:  # the disk, not the file
                raise
            raise StartError(f"{backup_file} is damaged, or no backup of Linea Diretta: {error}") from error


def _unpack_archive(archive: tarfile.TarFile, to: Path) -> None:
    """Unpack by the list of digests alone: what it does not name is not taken."""
    listed = archive.extractfile(_DIGESTS)
    digests: dict[str, Any] = json.load(listed) if listed else {}
    (to / "files").mkdir(mode=0o700)
    for name, digest in digests.items():
        known = name in (_DATABASE, _KEY) or re.fullmatch(r"files/[0-9a-f]{32}", name)
        member = archive.extractfile(name) if known else None
        if member is None:
            raise ValueError(f"{name!r} does not belong there")
        with (to / name).open("x+b") as file:
            shutil.copyfileobj(member, file)
            file.seek(0)
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise ValueError(f"{name} is not what was backed up")


def _look_over(backup_file: Path, database: Path) -> None:
    """Refuse what is no whole database of ours, and bring what is to this version's shape."""
    try:
        verdict = _verdict(database)
        with contextlib.closing(sqlite3.connect(database)) as opened:
            there = {
                str(row[0]) for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
    except sqlite3.Error as error:
        verdict, there = str(error), set()
    if verdict != "ok":
        raise StartError(f"{backup_file} is damaged, or no backup of Linea Diretta: {verdict}")
    if not there >= _OUR_TABLES:
        raise StartError(f"{backup_file} is no backup of Linea Diretta: it is another program's database")
    open_database(f"sqlite:///{database}")


def _replace(unpacked: Path, folder: Path, database: Path) -> Path | None:
    """Move aside what is there and put the new in its place, the database last; where the old is, if there was any."""
    new = {unpacked / name: folder / name for name in ("files", _KEY) if (unpacked / name).exists()}
    new[unpacked / _DATABASE] = database
    old = [
        *new.values(),
        *(database.with_name(f"{database.name}-{end}") for end in ("wal", "shm", "journal")),
    ]
    there = [path for path in old if path.exists()]
    aside = folder / f"replaced-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if there:
        aside.mkdir(mode=0o700)
    os.sync()  # the new is on the disk before the old is away
    for path in there:
        path.rename(aside / path.name)
    for path, place in new.items():
        path.rename(place)
    return aside if there else None
