"""The ISIC Archive's public REST API (api.isic-archive.com/api/docs): one image by id, a search.

Only what is public, without an account. Licence and attribution come with every image.
"""

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import numpy as np

from melanoma.diagnoses import CODES
from melanoma.diagnosis_words import code_of_levels
from melanoma.errors import UserError
from melanoma.photos.reading import MAX_BYTES, read_image
from melanoma.phrases import Sentence

API = "https://api.isic-archive.com/api/v2"
ADDRESS = "MELANOMA_ARCHIVE"
"""Environment variable: another server that answers as the archive does, or `off` where none is asked."""
OFF = "off"
FILE_HOSTS = ("isic-archive.com", "isic-archive.s3.amazonaws.com")
"""Hosts of the archive's files, with their subdomains: URLs with other hosts are refused."""
PAGE = 100
"""Largest page of results that the archive returns."""
_MAX_ANSWER = 4 * 1024 * 1024  # a full page of results has some 200 kB
_SECONDS = 20.0  # timeout for one whole response, so that the page never seems to hang
_CHUNK = 64 * 1024
_ID = re.compile(r"ISIC_\d{7}")
_LEVELS = (
    "diagnosis",
    *(f"diagnosis_{level}" for level in (5, 4, 3, 2, 1)),
)  # the first one is of older entries
_AGAIN = Sentence("Try again in a while, or take drawn lesions.")


@dataclass(frozen=True)
class ArchiveImage:
    """One image of the archive, without its pixels."""

    isic_id: str
    licence: str
    attribution: str
    diagnosis: str | None
    """One of `CODES`, or None if the archive has no diagnosis, or another one."""
    dermoscopic: bool
    url: str
    """Of the full file; it expires after a while."""


def archive_in_use(read: Callable[[bytes, str], np.ndarray] = read_image) -> "Archive | None":
    """Return the client of the archive, or of the server that `ADDRESS` names; None if that is `off`.

    `read` decodes a file.
    """
    address = os.environ.get(ADDRESS, "")
    if address == OFF:
        return None
    if not address:
        return Archive(read=read)
    return Archive(address, [urllib.parse.urlsplit(address).hostname or ""], read=read)


class Archive:
    """A stateless client, which all visitors can share."""

    def __init__(
        self,
        api: str = API,
        hosts: Sequence[str] = FILE_HOSTS,
        seconds: float = _SECONDS,
        read: Callable[[bytes, str], np.ndarray] = read_image,
    ) -> None:
        """Talk to `api` and take files from `hosts`; `seconds` is the limit for one answer.

        `read` decodes a file: as `read_image` does, or in a process of its own.
        """
        self._read = read
        self._api, self._hosts, self._seconds = api.rstrip("/"), tuple(hosts), seconds
        self._opener = urllib.request.build_opener(_SafeRedirects(self._is_allowed))

    def image(self, isic_id: str) -> ArchiveImage:
        """Return the metadata of one image; raises UserError if there is none, or no response."""
        if not _ID.fullmatch(isic_id):
            raise UserError("“{id}” is not an id of the ISIC Archive, such as ISIC_0000042.", id=isic_id)
        return _image_from(self._json(f"{self._api}/images/{isic_id}/", isic_id))

    def search(self, query: str, most: int = PAGE) -> list[ArchiveImage]:
        """Return the newest images that fit a query such as `diagnosis_3:Nevus AND sex:male`.

        At most `most`, up to `PAGE`. Raises UserError for an invalid query, or without a response.
        """
        parameters = urllib.parse.urlencode({"query": query, "limit": min(most, PAGE)})
        found = self._json(f"{self._api}/images/search/?{parameters}", Sentence("this search"))
        if not isinstance(found, dict) or not isinstance(found.get("results"), list):
            raise _unexpected()
        return [_image_from(item) for item in found["results"]]

    def pixels(self, image: ArchiveImage) -> np.ndarray:
        """Return the image, uint8 (H, W, 3) RGB; raises UserError if it cannot be fetched or read."""
        return self._read(self.file(image), image.isic_id)

    def file(self, image: ArchiveImage) -> bytes:
        """Return the image's file as the archive has it; raises UserError if it cannot be fetched."""
        if not self._is_allowed(image.url):
            raise UserError(
                "The file of {id} lies outside the ISIC Archive, so it is not fetched.", id=image.isic_id
            )
        return self._fetch(image.url, image.isic_id, MAX_BYTES)

    def _is_allowed(self, url: str) -> bool:
        parts = urllib.parse.urlsplit(url)
        name = parts.hostname or ""
        inside = any(name == host or name.endswith(f".{host}") for host in self._hosts)
        return inside and parts.scheme == urllib.parse.urlsplit(self._api).scheme

    def _json(self, url: str, wanted: str | Sentence) -> Any:
        try:
            return json.loads(self._fetch(url, wanted, _MAX_ANSWER))
        except ValueError:
            raise _unexpected() from None

    def _fetch(self, url: str, wanted: str | Sentence, most: int) -> bytes:
        end = time.monotonic() + self._seconds
        try:
            with self._opener.open(url, timeout=self._seconds) as answer:
                content = bytearray()
                while chunk := answer.read1(_CHUNK):
                    content += chunk
                    if len(content) > most:
                        raise UserError("The ISIC Archive's answer for {wanted} is too large.", wanted=wanted)
                    if time.monotonic() > end:
                        raise TimeoutError
                promised = answer.headers.get("Content-Length")
                if promised is not None and len(content) < int(promised):
                    raise UserError(
                        "The ISIC Archive's answer for {wanted} was cut off. {again}",
                        wanted=wanted,
                        again=_AGAIN,
                    )
                return bytes(content)
        except urllib.error.HTTPError as error:
            raise _refusal(error.code, wanted) from None
        except TimeoutError:
            raise UserError(
                "The ISIC Archive did not answer within {seconds:.0f} seconds. {again}",
                seconds=self._seconds,
                again=_AGAIN,
            ) from None
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise UserError("The ISIC Archive did not answer in time. {again}", again=_AGAIN) from None
            raise UserError("The ISIC Archive cannot be reached. {again}", again=_AGAIN) from None


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to allowed hosts only."""

    def __init__(self, is_allowed: Any) -> None:
        self._is_allowed = is_allowed

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> Any:
        """Return the next request, or none."""
        if not self._is_allowed(newurl):
            return None  # which becomes an HTTPError with the redirect's code
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def diagnosis_from(clinical: dict[str, Any]) -> str | None:
    """Return the code of the archive's diagnosis, or None: `{"diagnosis_3": "Melanoma in situ"}` -> `"MEL"`.

    The most specific known level counts. Metastases of melanoma are none of the eight.
    """
    code, _ = code_of_levels([str(clinical.get(level) or "") for level in _LEVELS])
    return code if code in CODES else None


def _image_from(content: Any) -> ArchiveImage:
    try:
        metadata = content["metadata"]
        return ArchiveImage(
            isic_id=str(content["isic_id"]),
            licence=str(content["copyright_license"]),
            attribution=str(content["attribution"]),
            diagnosis=diagnosis_from(metadata["clinical"]),
            dermoscopic=metadata["acquisition"].get("image_type") == "dermoscopic",
            url=str(content["files"]["full"]["url"]),
        )
    except (KeyError, TypeError, AttributeError):
        raise _unexpected() from None


def _unexpected() -> UserError:
    return UserError("The ISIC Archive's answer is not what this version understands. {again}", again=_AGAIN)


def _refusal(status: int, wanted: str | Sentence) -> UserError:
    if status == 404:
        return UserError("The ISIC Archive has no public image {wanted}. Check the id.", wanted=wanted)
    if status in (400, 422):
        return UserError(
            "The ISIC Archive does not understand this search. Write it like: diagnosis_3:Nevus AND sex:male"
        )
    if status == 429 or status >= 500:
        return UserError("The ISIC Archive is too busy to answer just now. {again}", again=_AGAIN)
    return UserError("The ISIC Archive refused to answer ({status}). {again}", status=status, again=_AGAIN)
