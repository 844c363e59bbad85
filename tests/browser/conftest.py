"""One served page and one browser for all browser tests."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import FilePayload

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


@pytest.fixture(scope="session")
def browser():
    executable = find_browser()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a browser: make chromium")
        pytest.skip("no Chromium or Chrome: make chromium")
    with opened_browser(executable) as browser:
        yield browser


def jpeg(name: str, image: np.ndarray) -> FilePayload:
    """Return uint8 RGB as a JPEG file for an uploader."""
    _, encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return {"name": name, "mimeType": "image/jpeg", "buffer": encoded.tobytes()}
