"""The real photos in a browser: the page opens while the Archive is silent, and the row fills afterwards."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from benchmarks.browser import running_server, settle
from melanoma.photos.examples import IDS
from tests.photos.archive_replay import Replay, replayed

MAP = ".st-key-overlay .imagelayer image:last-of-type"


def test_the_row_fills_by_itself_nothing_is_swapped_and_browsers_ask_our_server_alone(browser):
    with (
        replayed(Replay(dict(IDS))) as archive,
        running_server({"MELANOMA_ARCHIVE": archive.address}) as (address, _),
    ):
        archive.open.clear()
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page, asked = context.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/?lang=en")
        page.locator(MAP).wait_for(state="attached", timeout=180_000)
        expect(page.get_by_text("A drawing, not a photo", exact=True)).to_be_visible()
        assert archive.asked and not archive.open.is_set(), "the server asked, and nobody waited"
        drawing = page.locator(MAP).evaluate("image => image.href.baseVal")
        archive.open.set()
        row = page.locator(".st-key-strip").get_by_role("button")
        expect(row.filter(has_text="Squamous cell carcinoma")).to_be_attached(timeout=120_000)
        settle(page)
        assert page.locator(MAP).evaluate("image => image.href.baseVal") == drawing
        row.filter(has_text="Vascular lesion").click()
        expect(page.get_by_text("True diagnosis: vascular lesion.")).to_be_visible(timeout=60_000)
        settle(page)
        linked = page.url
        assert f"sample={IDS[6][0]}" in linked
        for name in ("lesson", "quiz", "triage", "model"):
            page.goto(f"{address}/{name}?lang=en")
            page.locator("h1").first.wait_for(timeout=60_000)
            settle(page)
        page.goto(linked)
        expect(page.get_by_text("True diagnosis: vascular lesion.")).to_be_visible(timeout=60_000)
        settle(page)
        foreign = {urlsplit(url).netloc for url in asked if url.startswith(("http", "ws"))}
        assert foreign == {urlsplit(address).netloc}
        context.close()
