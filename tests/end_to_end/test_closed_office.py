"""A closed office as its button, its page and its desk show it: what the town chose, and what operators said."""

import contextlib
import re
from pathlib import Path

import httpx
import pytest

from tests.citizen import TLS, Citizen
from tests.end_to_end.test_shifts import WEEK, rome
from tests.hub import Clock, RunningHub, hub_at

pytestmark = pytest.mark.usefixtures("watchdog")
CONTACTS = "https://www.comune.example/contatti"
ANAGRAFE = "https://www.comune.example/anagrafe/carta"
EVENING = "2026-11-18 19:00"


async def at_the_desk(running: RunningHub) -> tuple[httpx.AsyncClient, str]:
    """A browser in which Anna sits at the desk, and its forms' token."""
    browser = httpx.AsyncClient(base_url=running.url, follow_redirects=True, verify=TLS)
    page = (await browser.get(running.desk_link)).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    await browser.post("/desk/login", data={"csrf": token[1], "key": "session", "name": "Anna Bianchi"})
    return browser, token[1]


async def test_the_office_leads_to_its_contact_page_and_a_department_shows_no_button(tmp_path: Path) -> None:
    parts = [{"name": "Anagrafe", "when": {"page": "*/anagrafe/*"}, "when_closed": "no-button"}]
    office = {"name": "URP", "when_closed": CONTACTS}
    async with (
        hub_at(tmp_path, clock=Clock(rome(EVENING)), hours=WEEK, office=office, departments=parts) as running,
        Citizen(running.url) as citizen,
    ):
        status = (await citizen.http.get("/api/status")).json()
        assert (status["when_closed"], status["contact_page"]) == ("page", CONTACTS)
        status = (await citizen.http.get("/api/status", params={"page": ANAGRAFE})).json()
        assert (status["department"], status["when_closed"], status["contact_page"]) == (
            "Anagrafe",
            "no-button",
            None,
        )
        answer = await citizen.http.get("/chat")
        assert (answer.status_code, answer.headers["location"]) == (303, CONTACTS)
        assert (
            await citizen.http.get("/chat/callback")
        ).status_code == 200  # whoever knows it may still write


async def test_a_form_is_what_a_closed_office_shows_by_itself(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome(EVENING)), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        status = (await citizen.http.get("/api/status")).json()
        assert (status["open"], status["when_closed"], status["contact_page"]) == (False, "form", None)
        assert (await citizen.http.get("/chat")).status_code == 200


async def test_a_page_of_a_department_shows_the_departments_hours(tmp_path: Path) -> None:
    parts = [{"name": "Anagrafe", "when": {"page": "*/anagrafe/*"}, "hours": {"wed": "18:00-20:00"}}]
    async with (
        hub_at(tmp_path, clock=Clock(rome(EVENING)), hours=WEEK, departments=parts) as running,
        Citizen(running.url) as citizen,
    ):
        assert (await citizen.http.get("/api/status")).json()["open"] is False
        status = (await citizen.http.get("/api/status", params={"page": ANAGRAFE})).json()
        assert (status["open"], status["until"]) == (True, "2026-11-18T20:00:00+01:00")
        assert (await citizen.start("Buonasera", page=ANAGRAFE)).status_code == 201


async def test_the_desk_closes_the_line_until_a_time_and_everybody_sees_who_did(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=WEEK) as running:
        browser, token = await at_the_desk(running)
        async with contextlib.aclosing(browser):
            form = {"csrf": token, "command": "offline", "until": "alle 11"}
            page = (await browser.post("/desk/office", data=form)).text
            assert "Anna Bianchi fino alle 11:00." in page
            assert running.hub.office().reopens == rome("2026-11-18 11:00")
            answer = await browser.post("/desk/office", data=form | {"until": "quando torno"})
            assert answer.status_code == 422
            assert "Non capisco fino a quando" in answer.text
            assert "quando torno" in answer.text
            page = (await browser.post("/desk/office", data={"csrf": token, "command": "online"})).text
            assert "Adesso l&#39;ufficio è aperto fino alle 13:00." in page
            assert running.hub.office().open
            assert (
                await browser.post("/desk/office", data={"csrf": token, "command": "x"})
            ).status_code == 422
