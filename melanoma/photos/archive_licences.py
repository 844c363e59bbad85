"""The licences under which the ISIC Archive gives its photos."""

from enum import StrEnum


class Licence(StrEnum):
    """Which licences are taken."""

    ANY = "any"
    """What a page that is not commercial may show."""
    CC_0 = "cc-0"


TAKEN = {Licence.ANY: ("CC-0", "CC-BY", "CC-BY-NC"), Licence.CC_0: ("CC-0",)}
"""What each of them takes, as the Archive names it."""
