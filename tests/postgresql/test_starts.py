"""Hubs start on a PostgreSQL that is empty or has a past: the first brings it to the present shape, all serve."""

import asyncio
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import text

from models import migrate as module
from models.engine import writer_engine
from models.migrate import migrate
from tests.citizen import Citizen
from tests.past import DELIVERED, deliveries_in, put_a_past
from tests.postgres import postgresql
from tests.program import Program

HUBS = 10


async def test_ten_hubs_that_start_at_once_on_an_empty_database_all_serve(tmp_path: Path) -> None:
    with postgresql() as server:
        hubs = []
        for number in range(HUBS):
            folder = tmp_path / str(number)
            folder.mkdir()
            hub = Program(folder)
            hub.environment |= {"DATABASE_URL": server.database_for(tmp_path), "SECRET_KEY": "k" * 32}
            hubs.append(hub)
        try:
            with psycopg.connect(server.database_for(tmp_path)) as first:
                # Half of a first migration, which is taken back once all ten have come to wait for it.
                first.execute("CREATE TABLE alembic_version (version_num text)")
                starting = asyncio.gather(*(hub.start() for hub in hubs))
                await asyncio.to_thread(server.wait_for_waiting, tmp_path, HUBS)
                first.rollback()
            await starting
            async with Citizen(hubs[0].url) as citizen:
                assert (await citizen.start("Buongiorno")).status_code == 201
                for hub in hubs:
                    async with httpx.AsyncClient(base_url=hub.url) as http:
                        path = f"/api/conversations/{citizen.id}/messages"
                        body = {"client_id": f"through-{hub.port}", "text": "Ci siete?"}
                        answer = await http.post(path, json=body, headers=citizen.headers)
                        assert answer.status_code == 201, answer.text
                seqs = [e["seq"] for e in (await citizen.call("GET", "/transcript")).json()["messages"]]
            assert seqs == list(range(1, HUBS + 2))
        finally:
            await asyncio.gather(*(hub.end() for hub in hubs))


def test_a_record_with_a_past_keeps_its_deliveries_and_is_counted(tmp_path: Path) -> None:
    with postgresql() as server:
        engine = writer_engine(server.database_for(tmp_path))
        with engine.begin() as connection:
            module._upgrade(connection, "0011")
            put_a_past(connection)
        server.count(tmp_path)  # as it does by itself: so nothing of what is there was never counted
        migrate(engine)
        known = text("SELECT count(*) FROM pg_stats WHERE tablename = 'delivery' AND attname = 'entry_id'")
        with engine.connect() as connection:
            assert deliveries_in(connection) == DELIVERED
            assert connection.execute(known).scalar() == 1
        engine.dispose()
