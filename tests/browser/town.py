"""The town's web site, which carries the button: an origin of its own, with a strict policy."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.hub import RunningHub, hub_at
from tests.platforms.slack import SlackStandIn

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "on-your-site.md").read_text()
DIRECTIVES = re.findall(r"^script-src .*$", DOCUMENTED, re.MULTILINE)[0]
"""What the documentation says that a page's policy needs."""
HOSTILE = """
* { all: unset !important; display: inline !important; font-size: 3px !important; color: red !important }
html { font-size: 40px } body > * { position: absolute !important; left: -9999px !important }
button, iframe, dialog, linea-diretta { display: none !important; opacity: 0 !important; visibility: hidden !important }
"""


@dataclass
class Town:
    """The town's web site, on an origin of its own."""

    url: str
    body: str = ""
    attributes: str = ""
    hub: RunningHub | None = None

    async def page(self, request: web.Request) -> web.Response:
        assert self.hub is not None
        hub = self.hub.url
        script = f'<script src="{hub}/static/widget.js" async {self.attributes}></script>'
        ours = DIRECTIVES.replace("https://chat.comune.example", hub).replace(
            "script-src", "script-src 'self'"
        )
        policy = f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; {ours}"
        text = (
            '<!doctype html><html lang="it"><head><title>Comune</title><link rel="stylesheet" href="/town.css">'
            f'<script src="/before.js"></script>{script}</head><body>{self.body or "<p>Comune</p>"}</body></html>'
        )
        text = text.replace("SCRIPT", script)
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(text=HOSTILE if "hostile" in self.body else "", content_type="text/css")

    async def before(self, request: web.Request) -> web.Response:
        script = "window.namesBefore = [...Object.getOwnPropertyNames(window), 'namesBefore'];"
        return web.Response(text=script, content_type="text/javascript")


@contextlib.asynccontextmanager
async def town_at(folder: Path, slack: SlackStandIn, **changes: Any) -> AsyncIterator[Town]:
    """A town's site, and a hub whose configuration allows its origin; ``SITE`` in an office's values is the site."""
    town = Town("")
    app = web.Application()
    app.router.add_get("/town.css", town.style)
    app.router.add_get("/before.js", town.before)
    app.router.add_get("/{rest:.*}", town.page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    town.url = f"http://localhost:{runner.addresses[0][1]}"
    server = {"host": "127.0.0.1", "allowed_origins": [town.url]}
    if "office" in changes:
        changes["office"] = {key: value.replace("SITE", town.url) for key, value in changes["office"].items()}
    try:
        async with hub_at(folder, slack=slack, server=server, **changes) as town.hub:
            await slack.wait_for(lambda: slack.connected == 1)
            yield town
    finally:
        await runner.cleanup()
