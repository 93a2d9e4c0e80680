"""All routes of the simulated Slack: its API, and (on loopback only) the page and its controls."""

from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from bot.playground.arranging import Arranging
from bot.playground.completion import Completion
from bot.playground.control import Control
from bot.playground.driving import Driving
from bot.playground.faults import Faults
from bot.playground.guard import Guard
from bot.playground.looking import Looking
from bot.playground.page import Page
from bot.playground.page_acts import PageActs
from bot.playground.page_files import PageFiles
from bot.playground.serving import Pulse
from bot.playground.simulate import Simulate
from bot.playground.travel import Travel
from bot.playground.underneath import Feed
from bot.playground.underneath_page import UnderneathPage
from bot.playground.web_api.endpoint import WebApi


def build(
    *,
    driving: Driving,
    arranging: Arranging,
    looking: Looking,
    faults: Faults,
    travel: Travel,
    api: WebApi,
    pulse: Pulse,
    completion: Completion,
    feed: Feed,
    simulate: Simulate,
) -> Starlette:
    """The ASGI application."""
    files = PageFiles()
    page = Page(
        looking.workspace,
        travel=travel,
        pulse=pulse,
        delivery=driving.stage.delivery,
        completion=completion,
        files=files.address,
        simulate=simulate,
    )
    acts = PageActs(driving, travel)
    underneath = UnderneathPage(looking.workspace, feed, simulate)
    control = Control(
        slack=driving, arranging=arranging, looking=looking, faults=faults, travel=travel
    )
    for_the_browser = Starlette(
        routes=[
            Route("/", page.whole),
            Route("/static/{version}/{name}", files.file),
            Route("/ui/parts", page.parts),
            Route("/ui/people", page.people),
            Route("/ui/complete", page.complete),
            Route("/ui/stream", page.stream),
            Route("/ui/underneath", underneath.news),
            Route("/ui/underneath/{number:int}", underneath.whole),
            Route("/ui/simulate/{act}", simulate.act, methods=["POST"]),
            Route("/ui/{act}", acts.act, methods=["POST"]),
            Route("/control/{act}", control.act, methods=["POST"]),
        ]
    )
    return Starlette(
        routes=[
            Route("/api/{method}", api.method, methods=["GET", "POST"]),
            Route("/response/{token:path}", api.response_url, methods=["POST"]),
            WebSocketRoute("/link/", api.sockets.endpoint),
            Mount("/", Guard(for_the_browser)),
        ]
    )
