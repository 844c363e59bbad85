"""The real page in a real browser: upload, result, another diagnosis, at two widths."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.browser import settle


@pytest.mark.parametrize(("width", "height"), [(1400, 1500), (390, 2600)], ids=["wide", "phone"])
def test_upload_result_and_another_diagnosis(address, browser, drawn_photo, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.get_by_text("This is a drawing, not a photo").wait_for(timeout=180_000)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 pixels").wait_for(timeout=180_000)
    expect(page.locator(".st-key-verdict")).to_contain_text("elanoma alert")
    bars = page.locator(".st-key-bars .barlayer .point")
    expect(bars).to_have_count(8, timeout=60_000)
    overlay = page.locator(".st-key-overlay .hm image").first
    overlay.wait_for(state="attached")
    before = overlay.evaluate("image => image.href.baseVal")
    assert before
    settle(page)  # else the open list may be drawn anew under the pointer
    about = page.locator("[data-testid=stSelectbox]").filter(has_text="What speaks for or against")
    about.locator("input").click()
    page.get_by_role("option").nth(3).click()
    page.wait_for_function(
        "before => { const image = document.querySelector('.st-key-overlay .hm image');"
        " return image && image.href.baseVal !== before; }",
        arg=before,
        timeout=30_000,
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.close()


def test_a_bad_file_leaves_the_photo_in_view(address, browser, drawn_photo):
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(address)
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=180_000)
    page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=180_000)
    upload.set_input_files(str(drawn_photo))
    # The drawing has this size too; only a photo of the visitor's can be taken away.
    page.get_by_role("button", name="Take this photo away").wait_for(timeout=180_000)
    settle(page)  # else the file may go to an uploader that is being replaced
    bad = {"name": "notes_*a*.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    upload.set_input_files(bad)
    page.get_by_text("notes_*a*.jpg is not a picture that can be read").wait_for(timeout=180_000)
    expect(page.get_by_text("600 x 450 pixels")).to_be_visible()
    page.close()


def test_a_file_that_the_browser_refuses_gets_a_sentence_in_the_visitor_s_language(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(f"{address}/?lang=de")
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=180_000)
    limit = page.get_by_text("Bis 20 MB je Datei: JPG, JPEG, PNG, TIF, TIFF, WEBP, BMP, HEIC, HEIF.")
    sentence = page.get_by_text("Rot markierte Dateien wurden nicht genommen: Sie sind größer als 20 MB")
    expect(limit).to_be_visible(timeout=180_000)
    expect(sentence).to_be_hidden()
    assert "per file" not in page.locator("body").inner_text()
    large = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": bytes(20 * 1024**2 + 1)}
    upload.set_input_files(large)
    expect(sentence).to_be_visible(timeout=60_000)
    page.close()


def test_the_report_opens_without_a_network_and_prints_on_two_pages(address, browser, drawn_photo, tmp_path):
    page = browser.new_page(viewport={"width": 1400, "height": 1700})
    page.goto(f"{address}/?lang=de&positive=true")
    page.locator("input[type=file]").wait_for(state="attached", timeout=180_000)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 Pixel").wait_for(timeout=180_000)
    page.get_by_role("button", name="Speichern").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_text("Bericht zu diesem Fall").click()
    assert download.value.suggested_filename == "melanoma-report.html"
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page.close()
    assert drawn_photo.name not in file.read_text(encoding="utf-8")

    context = browser.new_context(offline=True)
    report = context.new_page()
    asked = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto(file.as_uri())
    expect(report.get_by_text("Keine Diagnose.")).to_be_visible()
    assert report.evaluate("[...document.images].map(image => image.naturalWidth > 100)") == [True, True]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", report.pdf(prefer_css_page_size=True))) <= 2
    context.close()


def test_a_shared_link_opens_the_same_state(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1700})
    page.goto(f"{address}/?sample=mole-like&method=grad-cam&diagnosis=SCC&outline=false&lang=de")
    page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=180_000)
    page.get_by_text(re.compile("(sprechen|spricht) für Plattenepithelkarzinom")).wait_for(timeout=180_000)
    expect(page.locator(".st-key-overlay .scatterlayer .trace")).to_have_count(0)
    for part in ("sample=mole-like", "method=grad-cam", "diagnosis=SCC", "outline=false"):
        assert part in page.url
    page.close()
