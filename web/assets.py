"""Static files, kept in memory: reading them from disk at each request would block the loop."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

_FOLDER = Path(__file__).parent / "static"
_KEEP_FOR = 300
"""Seconds a browser may keep a file before it asks again: an update reaches everybody within five minutes."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed."""

    content: bytes
    compressed: bytes
    mimetype: str
    etag: str


def load_assets() -> dict[str, Asset]:
    """Every file under ``web/static``, by its path there."""
    found: dict[str, Asset] = {}
    for path in sorted(_FOLDER.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
            etag = hashlib.sha256(content).hexdigest()[:20]
            name = path.relative_to(_FOLDER).as_posix()
            packed = gzip.compress(content, mtime=0)
            found[name] = Asset(content, packed, kind or "application/octet-stream", etag)
    return found


def register(app: Flask) -> None:
    """Serve the files under ``/static/``."""
    assets = load_assets()

    def static(filename: str) -> Response:
        asset = assets.get(filename)
        if asset is None:
            abort(404)
        packed = request.accept_encodings.find("gzip") >= 0 and len(asset.compressed) < len(asset.content)
        response = Response(asset.compressed if packed else asset.content, mimetype=asset.mimetype)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        response.set_etag(asset.etag + ("-gz" if packed else ""))
        response.cache_control.public = True
        response.cache_control.max_age = _KEEP_FOR
        response.access_control_allow_origin = "*"  # pages with Subresource Integrity load it with CORS
        response.make_conditional(request)
        return response

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
