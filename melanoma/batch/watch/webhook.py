"""Delivers events at least once to standard output and to a webhook, which may be unreachable for hours.

A delivery is recorded after it has succeeded, so after a kill in between the event is sent again, with the
same `id`. An event that the webhook refuses is kept and tried again, and lets the later ones pass.
"""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from melanoma.batch.watch.journal import Journal
from melanoma.errors import UserError
from melanoma.files import one_line
from melanoma.output import print_json

Event = dict[str, Any]
_TIMEOUT = 10.0  # seconds for one answer of the webhook
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts: doubled from the first to the longest."""
_BUSY = (408, 425, 429)  # refusals of this moment, as are those from 500 on; others are of this event


@dataclass
class _Pending:
    """An event that the webhook has not taken yet."""

    event: Event
    pause: float
    """Seconds after the next refusal."""
    due: float = 0.0
    """When it is to be tried, by the monotonic clock."""
    told: bool = False


class _Refused(Exception):
    """The webhook did not take an event: why, and whether the reason lies in this event alone."""

    def __init__(self, why: str, of_this_event: bool) -> None:
        super().__init__(why)
        self.of_this_event = of_this_event


class EventQueue:
    """Sends events, and records which were delivered."""

    def __init__(self, deliveries: Journal, webhook: str | None, first_pause: float = FIRST_PAUSE) -> None:
        """Start a thread for the webhook, if there is one; raises UserError if its address is no URL."""
        if webhook is not None and not _is_address(webhook):
            raise UserError(
                f"“{webhook}” is not an address of a webhook. It begins with https:// or http://."
            )
        self._deliveries, self._webhook, self._first_pause = deliveries, webhook, first_pause
        self._delivered = {(line["to"], line["id"]) for line in deliveries}
        self._waiting: list[_Pending] = []
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._opener = urllib.request.build_opener(_RedirectsWithBody)
        self._pause, self._not_before = first_pause, 0.0  # while the webhook takes nothing at all
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        if webhook is not None:
            self._thread.start()

    def send(self, event: Event) -> None:
        """Send an event, which has an `id`, where it was not delivered yet; does not wait for the webhook."""
        if ("output", event["id"]) not in self._delivered:
            print_json(event, flush=True)
            self._record("output", event)
        if self._webhook is not None and ("webhook", event["id"]) not in self._delivered:
            with self._changed:
                self._waiting.append(_Pending(event, self._first_pause))
                self._changed.notify()

    def close(self) -> int:
        """Stop; returns how many events are pending for the webhook. They are sent after the next start."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        if self._webhook is not None:
            self._thread.join(2 * _TIMEOUT)
        self._deliveries.close()
        return len(self._waiting)

    def _send_all(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                pending, seconds = self._next()
                if pending is None:
                    self._changed.wait(seconds)
                    continue
            self._try(pending)

    def _next(self) -> tuple[_Pending | None, float | None]:
        """Return the first event whose time has come; else None, and for how many seconds to wait."""
        if not self._waiting:
            return None, None
        # The second key: one that fails by itself does not come again before the others have had their turn.
        first = min(self._waiting, key=lambda pending: (max(pending.due, self._not_before), pending.due))
        seconds = max(first.due, self._not_before) - time.monotonic()
        return (None, seconds) if seconds > 0 else (first, 0.0)

    def _try(self, pending: _Pending) -> None:
        """Post an event once; what is not taken waits for its next time."""
        try:
            self._post(pending.event)
            self._record("webhook", pending.event)
        except (_Refused, UserError) as why:
            now = time.monotonic()
            pending.due = now + pending.pause
            pending.pause = min(2 * pending.pause, LONGEST_PAUSE)
            alone = isinstance(why, _Refused) and why.of_this_event
            if alone and not pending.told:
                pending.told = True
                _tell(
                    f"The webhook refused an event ({why}): {_named(pending.event)}. "
                    f"It is kept and tried again; {len(self._waiting)} wait."
                )
            if not alone:
                if self._pause == self._first_pause:
                    _tell(
                        f"The webhook did not take an event ({why}); it is tried again. "
                        f"{len(self._waiting)} wait."
                    )
                self._not_before = now + self._pause
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
            return
        with self._changed:
            self._waiting.remove(pending)
        if self._pause != self._first_pause or pending.told:
            _tell(f"The webhook took {_named(pending.event)}; {len(self._waiting)} wait.")
        self._pause, self._not_before = self._first_pause, 0.0

    def _post(self, event: Event) -> None:
        """Post an event; raises _Refused if it was not taken."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": event["id"]}
        content = json.dumps(event).encode()
        request = urllib.request.Request(str(self._webhook), content, headers, method="POST")
        try:
            with self._opener.open(request, timeout=_TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            with error:
                of_this_event = 400 <= error.code < 500 and error.code not in _BUSY
                raise _Refused(_said(error), of_this_event) from None
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            raise _Refused(str(error), of_this_event=False) from None

    def _record(self, to: str, event: Event) -> None:
        self._deliveries.append([{"to": to, "id": event["id"]}])
        self._delivered.add((to, event["id"]))


class _RedirectsWithBody(urllib.request.HTTPRedirectHandler):
    """Follows the redirects that keep a request as it is; after others `urllib` would leave out its body."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the same request to another address (RFC 9110, 15.4.8 and 15.4.9), or None to refuse."""
        if code not in (307, 308) or not _is_address(newurl):
            return None
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            return None  # what was to be encrypted would go out in the clear
        return urllib.request.Request(newurl, req.data, dict(req.header_items()), method="POST")

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302


def _is_address(webhook: str) -> bool:
    try:
        parts = urlsplit(webhook)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _said(error: urllib.error.HTTPError) -> str:
    """Return what an answer says, in one line."""
    if 300 <= error.code < 400:
        target = error.headers.get("Location", "")
        return one_line(f"{error.code}, a redirect to {target}, which is not followed: give that address")
    return one_line(f"{error.code} {error.reason}")


def _named(event: Event) -> str:
    return one_line(f"event {event['id']}, {event.get('event', '')}, {event.get('path', '')}")


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
