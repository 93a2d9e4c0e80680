"""`/healthz`: the process lives. `/readyz`: the database and its schema are right."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

Facts = Mapping[str, object]


def routes(readiness: Callable[[], tuple[bool, Facts]]) -> APIRouter:
    """Both routes; `readiness` may take its time, so it runs on a thread."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """200 while the process lives; asks nothing of database or Slack."""
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, object]:
        """200 when requests can be served; Slack's state is told, and never makes it fail."""
        is_ready, facts = await run_in_threadpool(readiness)
        response.status_code = 200 if is_ready else 503
        return {"status": "ready" if is_ready else "not ready", **facts}

    return router
