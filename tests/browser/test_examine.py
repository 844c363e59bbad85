"""The real page in a real browser: upload, result, another diagnosis, at two widths."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.browser import settle

MAP = ".st-key-overlay .imagelayer image:last-of-type"
"""The map, which lies over the same square of the photo."""


@pytest.mark.parametrize(("width", "height"), [(1400, 1500), (390, 3400)], ids=["wide", "phone"])
def test_upload_result_and_another_diagnosis(address, browser, drawn_photo, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.get_by_text("A drawing, not a photo", exact=True).wait_for(timeout=180_000)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 pixels").wait_for(timeout=180_000)
    settle(page)  # the map comes before the bars; and else the open list may be drawn anew under the pointer
    expect(page.locator(".st-key-verdict")).to_contain_text("elanoma alert")
    bars = page.locator(".st-key-bars .barlayer .point")
    expect(bars).to_have_count(8)
    overlay = page.locator(MAP)
    overlay.wait_for(state="attached")
    before = overlay.evaluate("image => image.href.baseVal")
    assert before
    choice = page.get_by_test_id("stSelectbox").filter(has_text="What speaks for or against")
    choice.locator("input").click()
    page.get_by_role("option").nth(3).click()
    page.wait_for_function(
        f"before => {{ const image = document.querySelector('{MAP}');"
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
    limit = page.get_by_text("Bis 20 MB je Datei: JPEG, PNG, TIFF, WebP, BMP, HEIC, AVIF.")
    sentence = page.get_by_text("Rot markierte Dateien wurden nicht genommen: Sie sind größer als 20 MB")
    expect(limit).to_be_visible(timeout=180_000)
    expect(sentence).to_be_hidden()
    assert "per file" not in page.locator("body").inner_text()
    large = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": bytes(20 * 1024**2 + 1)}
    upload.set_input_files(large)
    expect(sentence).to_be_visible(timeout=60_000)
    page.close()


def test_a_photo_is_taken_by_its_content_under_any_name(address, browser, drawn_photo):
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.goto(f"{address}/?lang=en")
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=180_000)
    content = drawn_photo.read_bytes()
    upload.set_input_files(
        [
            {"name": "none", "mimeType": "", "buffer": content},
            {"name": "._none.jpg", "mimeType": "image/jpeg", "buffer": b"\0\5\x16\7" + bytes(60)},
        ]
    )
    page.get_by_text("600 x 450 pixels").wait_for(timeout=180_000)
    expect(page.get_by_text("One file was passed over, since it is no photo: ._none.jpg.")).to_be_visible()
    page.close()


def test_the_report_opens_without_a_network_and_prints_on_one_page(address, browser, drawn_photo, tmp_path):
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
    assert report.evaluate("[...document.images].map(image => image.naturalWidth > 100)") == [True] * 5
    shown = "getComputedStyle(document.querySelector('.map')).clipPath"
    assert report.evaluate(shown) == "none"
    report.get_by_label("Halb und halb").check()
    report.wait_for_function(f"{shown} === 'inset(0px 0px 0px 50%)'")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len(re.findall(rb"/Type\s*/Page\b", report.pdf(prefer_css_page_size=True))) == 1
    context.close()


def test_a_shared_link_opens_the_same_state(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1700})
    page.goto(f"{address}/?sample=mole-like&method=grad-cam&diagnosis=SCC&outline=false&lang=de")
    page.locator(".st-key-overlay .hm image").first.wait_for(state="attached", timeout=180_000)
    page.get_by_text(re.compile("(sprechen|spricht) für Plattenepithelkarzinom")).wait_for(timeout=180_000)
    outlined = "[data-testid=stCheckbox]:has-text('Umriss der Läsion') input"
    page.get_by_role("button", name="Einstellungen").click()
    expect(page.locator(outlined)).not_to_be_checked()
    for part in ("sample=mole-like", "method=grad-cam", "diagnosis=SCC", "outline=false"):
        assert part in page.url
    page.close()


@pytest.mark.parametrize("touch", [False, True], ids=["keys", "touch"])
def test_the_map_is_wiped_from_the_photo_by_keys_and_by_touch(address, browser, touch):
    context = browser.new_context(
        viewport={"width": 390, "height": 2600}, has_touch=touch, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(address)
    page.locator(MAP).wait_for(state="attached", timeout=180_000)
    settle(page)
    choices = page.locator(".st-key-overlay .wipe input")
    shown = f"getComputedStyle(document.querySelector('{MAP}')).clipPath"
    assert page.evaluate(shown).startswith("url("), "all of the map, cut by the chart alone"
    for place, cut in ((1, "inset(0px 0px 0px 50%)"), (2, "inset(0px 0px 0px 100%)")):
        if touch:
            page.locator(".st-key-overlay .wipe label").nth(place).tap()
        else:
            choices.nth(place - 1).focus()
            page.keyboard.press("ArrowRight")
        expect(choices.nth(place)).to_be_checked()
        assert page.evaluate(shown) == cut
    assert page.evaluate("document.querySelector('.stApp').dataset.testScriptState") == "notRunning"
    context.close()
