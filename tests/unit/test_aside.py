"""Calls of convenience that nobody waits for."""

import inspect

import pytest

from bridges.slack.aside import Aside as SlackAside
from bridges.telegram.aside import Aside as TelegramAside


@pytest.mark.parametrize("kind", [SlackAside, TelegramAside])
async def test_one_that_is_dropped_before_it_began_is_put_away(
    kind: type[SlackAside] | type[TelegramAside],
) -> None:
    begun = []

    async def convenience() -> None:
        begun.append(True)

    call, aside = convenience(), kind()
    aside.run(call)
    await aside.stop()
    assert not begun
    assert inspect.getcoroutinestate(call) == inspect.CORO_CLOSED
