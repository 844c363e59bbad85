"""The page's own addresses, to be shown, printed and photographed: nothing is asked of another server."""

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

from melanoma.app.parts.shared.language import language, say
from melanoma.app.parts.shared.model import MODEL
from melanoma.exports.qr import qr_data_uri

OPENING_PAGE = "examine"
"""The page whose address is the page's own, without a name."""
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}


def address_of(page: str, **link: str) -> str:
    """Return the whole address of a page, named as in `app.navigation`, with what its link is to hold.

    The visitor's language and model go with it. Where the browser has not told the page's address, it begins
    at the page's name.
    """
    here = urlsplit(st.context.url or "")
    folder = here.path.rpartition("/")[0]  # the browser's path ends in the page's name, or in nothing
    if (model := st.query_params.get(MODEL)) is not None:
        link = {**link, MODEL: model}
    query = urlencode({**link, "lang": language()})
    path = "" if page == OPENING_PAGE else quote(page.replace("_", "-"))
    if not here.netloc:
        return f"{path or '/'}?{query}"
    return urlunsplit((here.scheme, here.netloc, f"{folder}/{path}", query, ""))


def show_address(address: str, side: int = 200) -> None:
    """Draw an address as a QR code, `side` pixels wide, and to be typed; say if no phone can reach it."""
    host = urlsplit(address).hostname
    if host is not None:
        st.html(qr_picture(address, side))
    st.code(address, language=None, wrap_lines=True)
    if host in _THIS_MACHINE:
        st.caption(
            say(
                "This address is the computer's own, which no phone can reach: open the page by the "
                "computer's name or number in your network, and the code changes with it."
            )
        )


def qr_picture(address: str, side: int) -> str:
    """Return the address as a QR code, an HTML picture of `side` pixels on white."""
    alt = say("QR code of the address below.")
    drawn = qr_data_uri(address)
    return f'<img class="qr-code" src="{drawn}" width="{side}" height="{side}" alt="{alt}">'
