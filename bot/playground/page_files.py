"""The page's own files: styles, scripts, the icon."""

import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
#: Other content has another address, so that a browser asks once and never again.
_FOR_GOOD = {"Cache-Control": "max-age=31536000, immutable"}


class PageFiles:
    """What lies in `static/`, read once."""

    def __init__(self) -> None:
        folder = resources.files("bot.playground") / "static"
        found = sorted((one.name, one.read_bytes()) for one in folder.iterdir() if one.is_file())
        self._files = {name: content for name, content in found if _kind(name)}
        digest = hashlib.sha256(b"".join(name.encode() + content for name, content in found))
        #: Where they are, by what is in them.
        self.address = f"/static/{digest.hexdigest()[:12]}"

    def file(self, request: Request) -> Response:
        """`/static/<what is in all of them>/<file>`"""
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type=_kind(name), headers=_FOR_GOOD)


def _kind(name: str) -> str | None:
    return _TYPES.get(name.rpartition(".")[2])
