"""The limit of a hold: an empty `async` FastAPI route on the product's server and settings."""

import sys

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from bot import bootstrap, config

PATH = "/v1/holds"


def main() -> None:
    web = FastAPI(openapi_url=None)

    @web.post(PATH)
    async def empty() -> Response:
        return Response(b"{}", 201, media_type="application/json")

    listening = bootstrap.listen(config.load())
    host, port = listening.getsockname()[:2]
    print(f"at http://{host}:{port}", file=sys.stderr, flush=True)
    log_nothing = uvicorn.Config(web, log_config=None, access_log=False, server_header=False)
    uvicorn.Server(log_nothing).run([listening])


if __name__ == "__main__":
    main()
