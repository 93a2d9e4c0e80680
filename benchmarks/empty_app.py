"""The limit of a hold: an `async` FastAPI route that does nothing, on the product's server.

It takes a hold's body as FastAPI takes bodies, and answers as FastAPI answers.
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bot import bootstrap, config


class Wanted(BaseModel):
    """A hold's body."""

    user: str
    amount: int
    model: str
    project: str
    idempotency_key: str


class Nothing(BaseModel):
    """What comes of it."""

    ok: bool


def main() -> None:
    web = FastAPI(openapi_url=None)

    @web.post("/v1/holds", status_code=201)
    async def nothing(_wanted: Wanted) -> Nothing:
        return Nothing(ok=True)

    listening = bootstrap.listen(config.load())
    host, port = listening.getsockname()[:2]
    print(f"at http://{host}:{port}", file=sys.stderr, flush=True)
    log_nothing = uvicorn.Config(web, log_config=None, access_log=False, server_header=False)
    uvicorn.Server(log_nothing).run([listening])


if __name__ == "__main__":
    main()
