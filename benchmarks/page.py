"""The playground's page in Chromium with 10,000 stored messages: how soon it loads and reacts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import monotonic

from playwright.sync_api import Page, sync_playwright
from pydantic import SecretStr

from benchmarks import measure
from benchmarks.measure import Bound, Options, Result, Sample
from bot import bootstrap
from bot.config import Settings
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.places import Message
from bot.playground.server import SimulatedSlack

MESSAGES = 10_000
#: In the channel that is looked at; the others share the rest.
MESSAGES_HERE = 500
CHANNELS = 40
#: p95 of fewer would be the worst of them.
TIMES_MIN = 40
MS_MAX = 200.0

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
#: Until the newest message is drawn and the message box can be typed in.
_WATCH = """window.ready = new Promise((done) => {
    const look = () => {
        const box = document.querySelector("textarea.box");
        if (box && !box.disabled && document.querySelector("article")) done(performance.now());
        else requestAnimationFrame(look);
    };
    look();
})"""
#: From Enter until the answer is in the log and a frame has shown it.
_ANSWERED = """(text) => new Promise((done) => {
    const box = document.querySelector("textarea.box");
    const log = document.querySelector("[role=log]");
    const last = () => [...log.querySelectorAll("article")].at(-1)?.dataset.ts;
    const before = last();
    const began = performance.now();
    const watching = new MutationObserver(() => {
        if (last() === before) return;
        watching.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    });
    watching.observe(log, { childList: true, subtree: true });
    box.value = text;
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
})"""
#: From a click on a place in the sidebar until its messages are shown.
_THERE = """(at) => new Promise((done) => {
    const began = performance.now();
    document.querySelector(`.place[data-at="${at}"]`).click();
    const look = () => {
        const log = document.querySelector("[role=log]");
        if (log && log.dataset.place.endsWith(`/${at}`)) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    look();
})"""


def run(options: Options) -> Iterator[Result]:
    """p95 of loading, of a command's answer, and of going to another channel."""
    with ExitStack() as stack:
        slack = stack.enter_context(SimulatedSlack(clock=bootstrap.system_clock))
        _serve(stack, slack, options.folder)
        _fill(slack)
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        stack.callback(chromium.close)
        page = chromium.new_page()
        page.add_init_script(_WATCH)
        arms: Mapping[str, Callable[[], float]] = {
            "the page loads": partial(_load, page, slack),
            "a command is answered": lambda: float(page.evaluate(_ANSWERED, "/tokens balance")),
            "another channel is shown": partial(_go, page, list(slack.workspace.channels)[:2]),
        }
        samples = {name: _rounds(name, arm, options) for name, arm in arms.items()}
    for name, some in samples.items():
        yield Result(
            name=f"p95 until {name}, {MESSAGES:,} messages",
            figures=[one.quantile(0.95) for one in some],
            demanded=MS_MAX,
            bound=Bound.AT_MOST,
            unit=" ms",
        )


def _serve(stack: ExitStack, slack: SimulatedSlack, folder: Path) -> None:
    """The bot in this process, as in the playground."""
    settings = Settings(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_app_token=None,
        slack_api_url=slack.api_url,
        database_url=f"sqlite:///{folder / 'page.db'}",
        host="127.0.0.1",
        port=0,
    )
    handle = stack.enter_context(bootstrap.running(settings, clock=slack.workspace.clock))
    slack.bot_url, slack.completion.bot = handle.url, handle
    handle.add_approver(slack.team_id, MIA.id)
    slack.wait_until(lambda: "granted" in slack.command(LEO, "grant @ana 2M").shown, 15)


def _fill(slack: SimulatedSlack) -> None:
    """People talk, and every third message is one of the bot's with blocks."""
    answer = slack.command(ANA, "balance").message
    assert answer is not None
    for number in range(CHANNELS):
        slack.add_channel(f"channel-{number}")
    channels = [one for one in slack.workspace.channels.values() if not one.is_read_only]
    each = (MESSAGES - MESSAGES_HERE) // (len(channels) - 1)
    for channel in channels:
        for number in range(MESSAGES_HERE if channel is channels[0] else each):
            if number % 3:
                slack.say(
                    (ANA, BEN)[number % 2], f"Message *{number}* to @mia", channel_id=channel.id
                )
                continue
            with slack.workspace.changing():
                ts = slack.workspace.next_ts()
                author = slack.workspace.bot.id
                copy = Message(ts, channel.id, author, answer.text, answer.blocks)
                channel.messages.append(copy)


def _rounds(name: str, arm: Callable[[], float], options: Options) -> list[Sample]:
    for _ in range(3):
        arm()
    found = []
    for number in range(options.rounds):
        measure.wait_for_quiet()
        began = monotonic()
        taken: list[float] = []
        while len(taken) < TIMES_MIN or monotonic() - began < options.seconds:
            taken.append(arm())
        sample = Sample(monotonic() - began, sorted(taken))
        p50, p95 = sample.quantile(0.5), sample.quantile(0.95)
        measure.say(f"{number + 1} until {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
        found.append(sample)
    return found


def _load(page: Page, slack: SimulatedSlack) -> float:
    page.goto(f"{slack.url}/?as={ANA.id}&at={slack.general.id}")
    return float(page.evaluate("window.ready"))


def _go(page: Page, places: list[str]) -> float:
    """To the one of two channels where the page is not."""
    there = places[1] if places[0] in page.url else places[0]
    return float(page.evaluate(_THERE, there))
