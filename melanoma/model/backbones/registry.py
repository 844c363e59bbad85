"""All backbones. A new one is added to this list."""

from melanoma.errors import UserError
from melanoma.model.backbones.base import Backbone
from melanoma.model.backbones.efficientnet_lite import EFFICIENTNET_LITE
from melanoma.model.backbones.mobilenet import MOBILENET

BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in (MOBILENET, *EFFICIENTNET_LITE)}


def backbone_named(name: str) -> Backbone:
    """Return a backbone; raises UserError if there is none of this name."""
    try:
        return BACKBONES[name]
    except KeyError:
        raise UserError(
            "There is no backbone “{name}”. Choose one of {known}.", name=name, known=", ".join(BACKBONES)
        ) from None
