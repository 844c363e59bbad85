"""Twenty files with two bad ones, in a real browser: list, filter, and both files to take away."""

import csv
import io

from playwright.sync_api import FilePayload, expect

from benchmarks.browser import settle
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from tests.browser.conftest import jpeg


def test_twenty_photos_become_a_list(address, browser, tmp_path):
    files: list[FilePayload] = [
        jpeg(
            f"photo-{number}.jpg",
            draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[number % 2], 225, 300, number).image,
        )
        for number in range(18)
    ]
    files.append({"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"})
    files.append({"name": "empty.png", "mimeType": "image/png", "buffer": b""})
    page = browser.new_page(viewport={"width": 1400, "height": 1600}, accept_downloads=True)
    page.goto(f"{address}/triage")
    page.locator("input[type=file]").wait_for(state="attached", timeout=90_000)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Make the list").click()
    page.get_by_role("button", name="Numbers (CSV)").wait_for(timeout=90_000)
    expect(page.get_by_text("20 photos:")).to_contain_text("2 that could not be read")

    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) == 20
    assert {row["name"] for row in rows if row["error"]} == {"notes.jpg", "empty.png"}
    scores = [float(row["p_MEL"]) for row in rows if not row["error"]]
    assert scores == sorted(scores, reverse=True)

    with page.expect_download() as download:
        page.get_by_role("button", name="Worklist to print").click()
    download.value.save_as(tmp_path / "worklist.html")
    requests: list[str] = []
    offline = browser.new_page()
    offline.on("request", lambda request: requests.append(request.url))
    offline.goto((tmp_path / "worklist.html").as_uri())
    expect(offline.locator("tbody tr")).to_have_count(20)
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    offline.close()

    page.get_by_role("radio", name="Not read").click()
    settle(page)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.close()
