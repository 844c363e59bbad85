"""One served page and one browser for all browser tests."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page

from benchmarks.browser import find_browser, opened_browser, served_page


def pytest_collection_modifyitems(items):
    """Mark each test here, and let it fail once, as a page may move just when it is clicked.

    A defect fails twice.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def address():
    if running := os.environ.get("MELANOMA_PAGE"):  # such as a container, by benchmarks/hosting.py
        yield running
        return
    with served_page() as url:
        yield url


@dataclass(frozen=True)
class CalmBrowser:
    """A browser whose visitors ask for less motion, unless told otherwise.

    Streamlit's skeletons and spinners, drawn without a graphics card, were half of what the browser cost.
    """

    browser: Browser

    def new_page(self, **options: Any) -> Page:
        """Open a page in a context of its own."""
        return self.browser.new_page(**({"reduced_motion": "reduce"} | options))

    def new_context(self, **options: Any) -> BrowserContext:
        """Open a context, for several pages."""
        return self.browser.new_context(**({"reduced_motion": "reduce"} | options))


@pytest.fixture(scope="session")
def browser():
    executable = find_browser()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a browser: make chromium")
        pytest.skip("no Chromium or Chrome: make chromium")
    with opened_browser(executable) as browser:
        yield CalmBrowser(browser)


def jpeg(name: str, image: np.ndarray) -> FilePayload:
    """Return uint8 RGB as a JPEG file for an uploader."""
    _, encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return {"name": name, "mimeType": "image/jpeg", "buffer": encoded.tobytes()}
