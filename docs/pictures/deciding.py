"""Seven people ask on one day, and their manager decides on most of it at once."""

from pathlib import Path

from playwright.sync_api import expect

from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from docs.pictures.camera import MARGIN, Camera, at, send
from docs.pictures.playground import workplace

NOOR = Person(id="U05NOOR", name="noor", real_name="Noor Haddad", tz="Europe/Berlin")
SAM = Person(id="U06SAM", name="sam", real_name="Sam Whitfield", tz="Europe/London")
YUKI = Person(id="U07YUKI", name="yuki", real_name="Yuki Tanaka", tz="Europe/Berlin")
#: Who asks for what, and how many hours after the one before.
ASKED = (
    (NOOR, "750k for the new index", 1),
    (BEN, "500k for the evaluation run", 5),
    (YUKI, "250k for labels of the test set", 15),
    (SAM, "100k for the demo on Friday", 3),
    (ANA, "1.5M for tuning the ranking", 2),
)


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder, (*CAST, NOOR, SAM, YUKI)) as (slack, _):
        slack.command(LEO, "team create search @ana @ben @noor @sam @yuki")
        slack.command(LEO, "team manager search @mia")
        slack.command(LEO, "team fill search 12M for the quarter")
        slack.command(MIA, "grant @ana @ben @noor @sam @yuki 250k to begin with")
        for who, what, hours in ASKED:
            slack.move_time(hours=hours)
            slack.command(who, f"request {what}")
        slack.move_time(hours=1)
        with camera.open(
            slack, at(MIA, slack.general.id), {"width": 1100, "height": 1_000}
        ) as page:
            send(page, "/tokens requests")
            form = page.get_by_role("dialog")
            expect(form).to_contain_text("5 requests")
            for name in ("Noor", "Ben", "Yuki", "Sam"):
                form.get_by_role("checkbox", name=name).check()
            camera.take(page, "requests", form, margin=MARGIN)
            form.get_by_role("button", name="Approve…").click()
            expect(form.get_by_role("button", name="Approve 4")).to_be_visible()
            camera.take(page, "requests-total", form, margin=MARGIN)
            form.get_by_role("button", name="Approve 4").click()
            expect(form).to_contain_text("4 approved")
            camera.take(page, "requests-done", form, margin=MARGIN)
