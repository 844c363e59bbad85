"""Delivers events at least once to standard output and to a webhook, which may be unreachable for hours.

A delivery is recorded after it has succeeded, so after a kill in between the event is sent again, with the
same `id`.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from collections import deque
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from melanoma.batch.watch.journal import Journal
from melanoma.errors import UserError

Event = dict[str, Any]
_TIMEOUT = 10.0  # seconds for one answer of the webhook
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts: doubled from the first to the longest."""


class EventQueue:
    """Sends events, and records which were delivered."""

    def __init__(self, deliveries: Journal, webhook: str | None, first_pause: float = FIRST_PAUSE) -> None:
        """Start a thread for the webhook, if there is one; raises UserError if its address is no URL."""
        if webhook is not None and urlsplit(webhook).scheme not in ("http", "https"):
            raise UserError(
                f"“{webhook}” is not an address of a webhook. It begins with https:// or http://."
            )
        self._deliveries, self._webhook, self._first_pause = deliveries, webhook, first_pause
        self._delivered = {(line["to"], line["id"]) for line in deliveries}
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        if webhook is not None:
            self._thread.start()

    def send(self, event: Event) -> None:
        """Send an event, which has an `id`, where it was not delivered yet; does not wait for the webhook."""
        if ("output", event["id"]) not in self._delivered:
            print(json.dumps(event, ensure_ascii=False), flush=True)
            self._record("output", event)
        if self._webhook is not None and ("webhook", event["id"]) not in self._delivered:
            with self._changed:
                self._waiting.append(event)
                self._changed.notify()

    def close(self) -> int:
        """Stop; returns how many events are pending for the webhook. They are sent after the next start."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        if self._webhook is not None:
            self._thread.join(2 * _TIMEOUT)
        return len(self._waiting)

    def _send_all(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stop.is_set())
            if self._waiting and self._sent(self._waiting[0]):
                self._record("webhook", self._waiting[0])
                with self._changed:
                    self._waiting.popleft()

    def _sent(self, event: Event) -> bool:
        """Try until it is sent; returns False if stopped before."""
        pause = self._first_pause
        while not self._stop.is_set():
            why = self._failure(event)
            if why is None:
                return True
            if pause == self._first_pause:
                print(f"The webhook did not take an alert ({why}); it is tried again.", file=sys.stderr)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return False

    def _failure(self, event: Event) -> str | None:
        """Post an event; returns why it failed, or None."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": event["id"]}
        content = json.dumps(event, ensure_ascii=False).encode()
        request = urllib.request.Request(str(self._webhook), content, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):
                return None
        except (urllib.error.URLError, HTTPException, OSError) as error:
            return str(error)

    def _record(self, to: str, event: Event) -> None:
        self._delivered.add((to, event["id"]))
        self._deliveries.append([{"to": to, "id": event["id"]}])
