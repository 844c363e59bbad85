"""What strangers may try: links with hostile values, and another visitor's picture by its address."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request

from playwright.sync_api import Browser, TimeoutError

from benchmarks.browser import running_server, settle
from benchmarks.faults.trial import TIMEOUT, Trial, Visitor

PAGES = (
    "",
    "lesson",
    "what-if",
    "laboratory",
    "quiz",
    "lesson-plan",
    "thresholds",
    "triage",
    "data",
    "model",
)
PARAMETERS = (
    *("lang", "model", "sample", "method", "diagnosis", "mix", "positive", "outline", "colour", "one-scale"),
    *(
        "map-of",
        "grid-costly",
        "figures",
        "cam-depth",
        "depth",
        "step",
        "along",
        "sweep",
        "turn",
        "cover",
        "cover-with",
    ),
    *("cover-x", "cover-y", "kind", "source", "find", "count", "seed", "threshold", "prevalence", "groups"),
    *("part", "edge", "of"),
    *("plan", "present", "study", "case", "me"),
    *("lab-pictures", "lab-plant", "lab-malignant", "lab-benign", "lab-mend", "lab-reads"),
)
"""All names that a link may hold."""
VALUES = (
    *("1e309", "-1", "99999999999999999999", "", "٣", "\x00", "../../../etc/passwd"),
    *("<script>alert(1)</script>", "![](http://localhost:9/x) {name} [0,1]", "x" * 1000),
)
_REMOVED_WITHIN = 30.0
"""Seconds after “Remove my photos”, as the page promises."""


def links(browser: Browser) -> Trial:
    """Each page, with each hostile value for all parameters of a link at once."""
    trial = Trial("links with hostile values")
    opened = 0
    with running_server() as (address, server):
        page = browser.new_context(viewport={"width": 1400, "height": 1500}).new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: trial.wrong.append(f"a script ran: {dialog.message}"))
        for name in PAGES:
            for value in VALUES:
                query = urllib.parse.urlencode(dict.fromkeys(PARAMETERS, value))
                page.goto(f"{address}/{name}?{query}", timeout=TIMEOUT * 1000)
                try:
                    page.locator("h1, h2").first.wait_for(timeout=TIMEOUT * 1000)
                    settle(page, TIMEOUT)
                except TimeoutError:
                    trial.wrong.append(f"/{name} with {value[:30]!r}: nothing is drawn")
                    continue
                opened += 1
                broken = page.locator("[data-testid=stException]").count()
                trial.must(
                    not broken and "Traceback" not in page.inner_text("body"),
                    f"/{name} with {value[:30]!r}: a defect",
                )
        others = {url for url in asked if not url.startswith((address, "data:", "blob:"))}
        trial.must(not others, f"asked elsewhere: {sorted(others)[:3]}")
        trial.must(server.poll() is None, "the server has ended")
    trial.seen.append(f"{opened} links of {len(PARAMETERS)} parameters each: the page with its own values")
    trial.lost.append("nothing")
    return trial


def picture_address(browser: Browser) -> Trial:
    """A visitor's picture, asked for by another: by its address, by guesses, and once it was removed."""
    trial = Trial("another visitor's picture")
    with running_server() as (address, _):
        visitor = Visitor(browser, address)
        found: list[str] = []
        visitor.page.on("response", lambda response: found.append(response.url))
        trial.goes_on(visitor, "before")
        trial.recovery.clear()
        settle(visitor.page, TIMEOUT)
        before = set(found)  # the page's icon and those of the examples, which stay
        visitor.give()
        settle(visitor.page, TIMEOUT)
        own = set(found) - before
        pictures = sorted(url for url in own if "/media/" in url and _status(url) == 200)
        trial.must(bool(pictures), "the page shows no picture by an address")
        trial.seen.append(
            f"{len(pictures)} addresses, to whoever has one, while their owner's page shows them"
        )
        for url in pictures:
            name = url.rsplit("/", 1)[1]
            secret = name.split(".")[0]
            trial.must(
                re.fullmatch("[0-9a-f]{32,}", secret) is not None, f"an address that can be guessed: {name}"
            )
            other = ("0" if secret[0] != "0" else "1") + secret[1:]
            for guess in (url.replace(secret, other), url.replace(name, ""), url.replace(name, "../" + name)):
                trial.must(_status(guess) in (400, 404), f"{guess} is answered with {_status(guess)}")
        visitor.page.get_by_role("button", name="Remove my photos").first.click(timeout=TIMEOUT * 1000)
        began = time.monotonic()
        while (
            left := [url for url in pictures if _status(url) != 404]
        ) and time.monotonic() - began < TIMEOUT:
            time.sleep(0.5)
        took = time.monotonic() - began
        trial.must(
            not left and took < _REMOVED_WITHIN, f"{len(left)} pictures still there after {took:.0f} s"
        )
        trial.recovery.append(f"404 within {took:.1f} s of “Remove my photos”")
    trial.lost.append("nothing")
    return trial


def _status(url: str) -> int:
    """Return the status with which a stranger, who has no cookie, is answered."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
