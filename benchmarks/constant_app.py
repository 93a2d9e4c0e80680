"""The limit of a slash command: Bolt acking a constant, on the product's server and settings."""

import sys

import uvicorn
from fastapi import FastAPI
from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from starlette.routing import Route

from bot import bootstrap, config
from bot.slack.front_door import FrontDoor
from bot.slack.listeners import commands

ANSWER = "constant"


def main() -> None:
    settings = config.load()

    def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
        token = "xoxb-constant"  # noqa: S105 - nobody's
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = App(
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        token_verification_enabled=False,
    )

    @app.command("/tokens")
    def constant(ack: Ack) -> None:
        ack(ANSWER, response_type="ephemeral")

    secret = settings.slack_signing_secret.get_secret_value()
    door = FrontDoor(
        app.dispatch,
        signing_secret=secret,
        clock=bootstrap.system_clock,
        only_reads=commands.only_reads,
    )
    web = FastAPI(openapi_url=None)
    web.router.routes.append(Route("/slack/events", door.answer, methods=["POST"]))
    listening = bootstrap.listen(settings)
    host, port = listening.getsockname()[:2]
    print(f"at http://{host}:{port}", file=sys.stderr, flush=True)
    log_nothing = uvicorn.Config(web, log_config=None, access_log=False, server_header=False)
    uvicorn.Server(log_nothing).run([listening])


if __name__ == "__main__":
    main()
