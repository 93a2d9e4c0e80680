"""The page's own files: styles, scripts, the icon."""

from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def static(request: Request) -> Response:
    """`/static/<file>`"""
    name = request.path_params["name"]
    kind = _TYPES.get(name.rpartition(".")[2])
    file = resources.files("bot.playground") / "static" / name
    if kind is None or "/" in name or not file.is_file():
        return Response(status_code=404)
    return Response(file.read_bytes(), media_type=kind)
