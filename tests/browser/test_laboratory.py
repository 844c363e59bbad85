"""The laboratory in a real browser: plant a ruler, see it caught, mend it; on a phone nothing is cut off."""

import re

from playwright.sync_api import expect

from benchmarks.browser import settle

WAIT = 180_000  # ms: the first visit waits for TensorFlow and for the features of the drawings


def test_plant_see_and_mend(address, browser):
    page = browser.new_page(viewport={"width": 1366, "height": 1800})
    page.goto(f"{address}/laboratory?lang=en")
    expect(page.get_by_text("Nothing is planted.")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="A ruler on every melanoma").click()
    expect(page.get_by_text("The head looks at the ruler.")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("The maps point to it"))).to_be_visible()
    page.get_by_role("radio", name="Mixing").click()
    expect(page.get_by_text("The head no longer goes by the ruler.")).to_be_visible(timeout=WAIT)
    settle(page)
    assert "lab-malignant=100" in page.url and "lab-mend=mixing" in page.url
    assert page.locator(".st-key-lab-photos img").count() == 12, "a photo and two maps of each of four"
    expect(page.get_by_role("heading", name="Your tries")).to_be_visible()
    page.close()


def test_a_shared_link_opens_the_same_state_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 3000})
    page.goto(f"{address}/laboratory?lang=de&lab-malignant=100")
    expect(page.get_by_text("Der Kopf schaut auf das Lineal.")).to_be_visible(timeout=WAIT)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = (page.locator(".st-key-lab-photos img").nth(number).bounding_box() for number in (0, 2))
    assert first["y"] == second["y"] and second["x"] > first["x"], "two photos beside each other"
    page.close()
