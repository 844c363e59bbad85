"""A page that is older than its session: the server was started anew, or has given up a visitor long away."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.browser import served_page
from benchmarks.visitor import Visitor

GONE = b"The photos from before are gone"


@pytest.mark.browser
def test_a_photo_from_an_older_page_is_answered(drawn_photo):
    content = drawn_photo.read_bytes()

    async def visit(address: str) -> tuple[bytes, bytes, bytes]:
        visitor = Visitor(address)
        await visitor.open("lang=en")
        before = await visitor.upload(content, "one.jpg")
        held, lost = visitor.uploader, await visitor.send_file(content, "lost.jpg")
        await visitor.close()
        visitor = Visitor(address)
        await visitor.connect()  # and no run: the page shows what it showed
        visitor.uploader = held
        first = await visitor.upload(content, "two.jpg", (lost,))
        second = await visitor.upload(content + b" ", "three.jpg")
        await visitor.close()
        return tuple(b"".join(m.SerializeToString() for m in part) for part in (before, first, second))

    # In a thread of its own: while Playwright's browser is open, its event loop runs in this one.
    with served_page() as address, ThreadPoolExecutor(1) as thread:
        before, first, second = thread.submit(asyncio.run, visit(address)).result()
    assert b"Your photo 1" in before and GONE not in before
    assert b"Your photo 1" in first and GONE in first
    assert b"Your photo 2" in second and GONE not in second
