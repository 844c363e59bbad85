"""An address as a QR code (ISO/IEC 18004), drawn here: no other server learns of it."""

import segno


def qr_data_uri(address: str) -> str:
    """Return the code as a picture, black on white with its quiet zone, an SVG data URI."""
    code = segno.make(address, error="m", micro=False)
    return str(code.svg_data_uri(border=4, light="#ffffff", dark="#000000"))
