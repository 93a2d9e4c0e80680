"""Leo grants Ana a million, she sends Ben 250k, he asks for 500k, and Mia approves 300k."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from docs.pictures.camera import MARGIN, WHOLE, WIDE, Camera, at, message, send
from docs.pictures.playground import NEWS, WORKSPACE, workplace


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, handle):
        handle.add_approver(WORKSPACE, MIA.id)
        slack.say(LEO, NEWS)
        take_grant(camera, slack)
        take_transfer(camera, slack)
        take_request(camera, slack)
        take_asked(camera, slack)
        take_completion(camera, slack)
        slack.move_time(minutes=20)
        take_split(camera, slack)
        take_form(camera, slack)
        take_answer(camera, slack)
        take_underneath(camera, slack)
        take_tour(camera, slack)


def take_grant(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(LEO, slack.general.id)) as page:
        send(page, "/tokens grant @ana 1M for the search prototype")
        camera.take(page, "grant", message(page, "1M (1,000,000) tokens granted to @Ana Silva."))


def take_transfer(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(ANA, slack.general.id)) as page:
        send(page, "/tokens transfer @ben 250k for the demo")
        receipt = message(page, "You have 750k (750,000) available now.")
        camera.take(page, "transfer", receipt)


def take_request(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(BEN, slack.general.id)) as page:
        send(page, "/tokens request 500k for the evaluation run")
        camera.take(page, "request", message(page, "500k (500,000) tokens asked for."))


def take_asked(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(MIA)) as page:
        camera.take(page, "asked", message(page, "@Ben Okafor asks for 500k (500,000) tokens."))


def take_completion(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(ANA, slack.general.id), {"width": 960, "height": 600}) as page:
        page.locator("textarea.box").press_sequentially("/tokens ")
        expect(page.get_by_role("option", name="transfer")).to_be_visible()
        camera.take(page, "completion", page.get_by_role("main"))


def take_split(camera: Camera, slack: SimulatedSlack) -> None:
    split = at(BEN, slack.general.id, (MIA, "dm"))
    with camera.open(slack, split, {"width": 1360, "height": 640}, density=WHOLE) as page:
        message(page, "@Ben Okafor asks for")
        send(page.locator("#left"), "/tokens balance")
        message(page, "available")
        camera.take(page, "split")


def take_form(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(MIA)) as page:
        form = opened(page)
        form.get_by_label("How many to grant?").fill("1,5M")
        approve(form)
        expect(form.get_by_role("alert").first).to_be_visible()
        camera.take(page, "errors", form, margin=MARGIN)
        form.get_by_role("button", name="Cancel").click()
        form = opened(page)
        form.get_by_label("How many to grant?").fill("300k")
        form.get_by_label("A note for them").fill("Start with this; ask again when it runs.")
        camera.take(page, "form", form, margin=MARGIN)
        approve(form)
        camera.take(page, "decision", message(page, "Approved 300k (300,000) by @Mia Chen"))


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="Approve another amount").last.click()
    form = page.get_by_role("dialog", name="Approve another amount")
    expect(form).to_be_visible()
    return form


def approve(form: Locator) -> None:
    form.get_by_role("button", name="Approve", exact=True).click()


def take_answer(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(BEN)) as page:
        camera.take(page, "answer", message(page, "You have 550k (550,000) available now."))


def take_underneath(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(ANA, slack.general.id), WIDE, density=WHOLE) as page:
        page.get_by_role("button", name="Underneath", exact=True).click()
        panel = page.get_by_role("complementary", name="Underneath")
        send(page, "/tokens transfer @ben 5k for the tea")
        expect(panel.get_by_text("chat.postMessage").first).to_be_visible()
        expect(panel.get_by_role("listitem").first).to_contain_text("the tea")
        camera.take(page, "underneath")


def take_tour(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(LEO, slack.general.id), WIDE, density=WHOLE, with_tour=True) as page:
        tour(page).get_by_role("button", name="Fill it in for me").click()
        camera.take(page, "tour")


def tour(page: Page) -> Locator:
    found = page.get_by_role("region", name="Tour")
    expect(found).to_be_visible()
    return found
