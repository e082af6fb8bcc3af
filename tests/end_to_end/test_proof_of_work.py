"""Proof of work: whoever does it gets through a flood, and a flood has to do it each time."""

import base64
import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from altcha.v1 import solve_challenge

from tests.citizen import Citizen
from tests.hub import hub_at
from tests.visitors import PDF
from web.proof import COST, HEADER, VALID_FOR, Proofs

SCHOOL = "203.0.113.7"
"""One address that many have."""


def solved(challenge: dict[str, Any]) -> str:
    """What a browser sends for a challenge."""
    found = solve_challenge(
        challenge["challenge"], challenge["salt"], challenge["algorithm"], challenge["maxnumber"], 0
    )
    assert found is not None
    names = ("algorithm", "challenge", "salt", "signature")
    payload = {name: challenge[name] for name in names} | {"number": found.number}
    return base64.b64encode(json.dumps(payload).encode()).decode()


async def begins(citizen: Citizen, address: str = SCHOOL, proof: str | None = None) -> httpx.Response:
    """A citizen behind an address begins a conversation."""
    headers = {"X-Forwarded-For": address} | ({HEADER: proof} if proof else {})
    body = {"client_id": str(uuid.uuid4()), "text": "Buongiorno"}
    return await citizen.http.post("/api/conversations", json=body, headers=headers)


def asked(answer: httpx.Response) -> dict[str, Any]:
    """The challenge that a refusal carries."""
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    challenge: dict[str, Any] = answer.json()["challenge"]
    assert challenge.keys() == {"algorithm", "challenge", "maxnumber", "salt", "signature"}
    return challenge


async def test_whoever_does_it_writes_though_others_used_up_the_address(tmp_path: Path) -> None:
    limits = {"per_address": "3/h", "per_conversation": "unlimited"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as flood:
        assert [(await begins(flood)).status_code for _ in range(4)] == [201, 201, 201, 429]
        async with Citizen(office.url) as pupil:
            proof = solved(asked(await begins(pupil)))
            begun = await begins(pupil, proof=proof)
            assert begun.status_code == 201
            pupil.id, pupil.token = begun.json()["id"], begun.json()["token"]
            said = {"json": {"client_id": "m2", "text": "Ancora una cosa"}}
            from_school = pupil.headers | {"X-Forwarded-For": SCHOOL}
            at = f"/api/conversations/{pupil.id}"
            refused = await pupil.http.post(f"{at}/messages", headers=from_school, **said)
            paid = from_school | {HEADER: solved(asked(refused))}
            assert (await pupil.http.post(f"{at}/messages", headers=paid, **said)).status_code == 201
            file: dict[str, Any] = {"data": {"client_id": "f"}, "files": {"file": ("a.pdf", PDF)}}
            refused = await pupil.http.post(f"{at}/files", headers=from_school, **file)
            paid = from_school | {HEADER: solved(asked(refused))}
            assert (await pupil.http.post(f"{at}/files", headers=paid, **file)).status_code == 201


async def test_a_solution_is_good_once(tmp_path: Path) -> None:
    async with hub_at(tmp_path, limits={"per_address": "1/h"}) as office, Citizen(office.url) as citizen:
        await begins(citizen)
        proof = solved(asked(await begins(citizen)))
        assert (await begins(citizen, proof=proof)).status_code == 201
        asked(await begins(citizen, proof=proof))


async def test_the_conversations_own_limit_holds_whatever_is_solved(tmp_path: Path) -> None:
    limits = {"per_address": "unlimited", "per_conversation": "1/h"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
        await citizen.start("uno")
        await citizen.say("due")
        refused = await citizen.say("tre")
        assert refused.status_code == 429
        assert "challenge" not in refused.json()


async def test_always_asks_everybody_who_begins_and_nobody_who_goes_on(tmp_path: Path) -> None:
    limits = {"per_address": "unlimited", "per_conversation": "unlimited", "proof_of_work": "always"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
        begun = await begins(citizen, proof=solved(asked(await begins(citizen))))
        assert begun.status_code == 201
        citizen.id, citizen.token = begun.json()["id"], begun.json()["token"]
        assert (await citizen.say("Ancora una cosa")).status_code == 201
        left = {"client_id": "c", "name": "M", "phone": "055 883 32", "text": "x", "consent": True}
        challenge = asked(await citizen.http.post("/api/callbacks", json=left))
        headers = {HEADER: solved(challenge)}
        assert (await citizen.http.post("/api/callbacks", json=left, headers=headers)).status_code == 201


async def test_always_leaves_the_forms_without_javascript_to_the_limits(tmp_path: Path) -> None:
    limits = {"per_address": "1/h", "proof_of_work": "always"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
        form = {"client_id": "c1", "text": "Buongiorno"}
        assert (await citizen.http.post("/chat", data=form)).status_code == 303
        async with Citizen(office.url) as other:
            refused = await other.http.post("/chat", data=form | {"client_id": "c2"})
            assert refused.status_code == 429
            assert "Buongiorno" in refused.text


async def test_off_asks_nobody(tmp_path: Path) -> None:
    limits = {"per_address": "1/h", "proof_of_work": "off"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
        await begins(citizen)
        refused = await begins(citizen)
        assert refused.status_code == 429
        assert "challenge" not in refused.json()


async def test_a_flood_from_many_addresses_asks_everybody_who_begins(tmp_path: Path) -> None:
    async with hub_at(tmp_path, limits={"per_address": "3/h"}) as office, Citizen(office.url) as flood:
        for number in range(6):
            assert (await begins(flood, f"198.51.100.{number}")).status_code == 201
        challenge = asked(await begins(flood, "192.0.2.1"))
        assert (await begins(flood, "192.0.2.1", solved(challenge))).status_code == 201


async def test_it_costs_more_the_more_an_address_floods(tmp_path: Path) -> None:
    async with hub_at(tmp_path, limits={"per_address": "1/h"}) as office, Citizen(office.url) as flood:
        await begins(flood)
        costs = []
        for _ in range(3):
            challenge = asked(await begins(flood))
            costs.append(challenge["maxnumber"])
            assert (await begins(flood, proof=solved(challenge))).status_code == 201
        assert costs == [COST, 2 * COST, 4 * COST]


class TestSolutions:
    async def test_are_taken_until_they_expire(self) -> None:
        now = 1_790_000_000.0
        proofs = Proofs("k" * 32, lambda: now)
        early, late = (solved(proofs.challenge()) for _ in range(2))
        now += VALID_FOR - 1
        assert await proofs.takes(early)
        now += 1
        assert not await proofs.takes(late)

    async def test_of_another_hub_are_not_taken(self) -> None:
        assert not await Proofs("k" * 32).takes(solved(Proofs("x" * 32).challenge()))

    async def test_of_before_a_restart_are_not_taken_again(self) -> None:
        now = 1_790_000_000.0
        before = Proofs("k" * 32, lambda: now)
        proof = solved(before.challenge())
        assert await before.takes(proof)
        now += 30
        assert not await Proofs("k" * 32, lambda: now).takes(proof)

    async def test_are_forgotten_once_they_have_expired(self) -> None:
        now = 1_790_000_000.0
        proofs = Proofs("k" * 32, lambda: now)
        for _ in range(3):
            assert await proofs.takes(solved(proofs.challenge()))
            now += 3 * VALID_FOR
        assert len(proofs._used) == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"number": 0.5}, {"number": True}, {"number": -1}, {"number": None}, {"salt": None},
            {"salt": "0123?expires=99999999999&"}, {"signature": "0" * 64}, {"algorithm": "SHA-1"},
            {"challenge": ["x"]},
        ],
    )  # fmt: skip
    async def test_that_were_tampered_with_are_not_taken(self, change: dict[str, Any]) -> None:
        proofs = Proofs("k" * 32)
        good = solved(proofs.challenge())
        bad = json.loads(base64.b64decode(good)) | change
        assert not await proofs.takes(base64.b64encode(json.dumps(bad).encode()).decode())
        assert await proofs.takes(good)

    @pytest.mark.parametrize(
        "given", [None, "", "x", "ò", "e30=", "W10=", "A" * 3000, base64.b64encode(b"[" * 1400).decode()]
    )
    async def test_that_are_none_are_not_taken(self, given: str | None) -> None:
        assert not await Proofs("k" * 32).takes(given)
