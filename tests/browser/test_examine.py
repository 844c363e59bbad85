"""The real page in a real browser: upload, result, another diagnosis, phone width."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.fileWatcherType=none"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.3)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a browser: make chromium")
        pytest.skip("no Chromium or Chrome: make chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "height"), [(1400, 1500), (390, 2600)], ids=["wide", "phone"])
def test_upload_result_and_another_diagnosis(address, browser, drawn_photo, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.get_by_text("This is a drawing, not a photo").wait_for(timeout=90_000)
    page.locator("input[type=file]").set_input_files(str(drawn_photo))
    page.get_by_text("600 x 450 pixels").wait_for(timeout=30_000)
    assert page.get_by_text("elanoma alert").count() >= 1
    bars = page.locator(".st-key-bars .barlayer .point")
    bars.first.wait_for()
    assert bars.count() == 8
    overlay = page.locator(".st-key-overlay .hm image")
    overlay.first.wait_for(state="attached")
    before = overlay.first.get_attribute("href") or overlay.first.get_attribute("xlink:href")
    chosen = page.locator("[data-testid=stSelectbox]").first.locator("input")
    chosen.click()
    page.get_by_role("option").nth(3).click()
    page.wait_for_function(
        "before => { const now = document.querySelector('.st-key-overlay .hm image');"
        " return now && (now.getAttribute('href') || now.getAttribute('xlink:href')) !== before; }",
        arg=before,
        timeout=10_000,
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.close()
