"""Every test here runs on both loops, each with its own HTTP parser: as shipped, and in pure Python."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What pytest-asyncio asks for."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
