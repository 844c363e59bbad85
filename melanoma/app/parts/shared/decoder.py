"""The process that decodes the photos of visitors and of other servers one by one."""

from melanoma.photos.sandbox import Decoder

DECODER = Decoder()
"""One for all visitors: two large photos at once would take twice the memory. Lists of photos have a
`DecoderPool` of their own, so that a visitor's single photo does not wait behind them."""
