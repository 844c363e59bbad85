"""Events that must get through: on standard output, and to a webhook that may be away for hours.

Each is told at least once to each: what was told is noted after it was told, so a kill in between tells it
again, with the same `id`.
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
_SECONDS = 10.0  # for one answer of the webhook
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts: doubled from the first to the longest."""


class EventQueue:
    """Tells events, and remembers which were told."""

    def __init__(self, told: Journal, webhook: str | None, first_pause: float = FIRST_PAUSE) -> None:
        """Begin a thread for the webhook, if there is one; raises UserError for an address that is none."""
        if webhook is not None and urlsplit(webhook).scheme not in ("http", "https"):
            raise UserError(
                f"“{webhook}” is not an address of a webhook. It begins with https:// or http://."
            )
        self._told, self._webhook, self._first_pause = told, webhook, first_pause
        self._noted = {(line["to"], line["id"]) for line in told}
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        if webhook is not None:
            self._thread.start()

    def tell(self, event: Event) -> None:
        """Tell an event, which has an `id`, to whom it was not told yet; the webhook is not waited for."""
        if ("output", event["id"]) not in self._noted:
            print(json.dumps(event, ensure_ascii=False), flush=True)
            self._note("output", event)
        if self._webhook is not None and ("webhook", event["id"]) not in self._noted:
            with self._changed:
                self._waiting.append(event)
                self._changed.notify()

    def close(self) -> int:
        """Stop; returns how many events the webhook has not got. They are sent after the next start."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        if self._webhook is not None:
            self._thread.join(2 * _SECONDS)
        return len(self._waiting)

    def _send_all(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stop.is_set())
            if self._waiting and self._sent(self._waiting[0]):
                self._note("webhook", self._waiting[0])
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
            with urllib.request.urlopen(request, timeout=_SECONDS):
                return None
        except (urllib.error.URLError, HTTPException, OSError) as error:
            return str(error)

    def _note(self, to: str, event: Event) -> None:
        self._noted.add((to, event["id"]))
        self._told.append([{"to": to, "id": event["id"]}])
