"""All explanation methods. A new one is added here, and nowhere else."""

from melanoma.errors import UserError
from melanoma.explain.base import Method
from melanoma.explain.evidence import EvidenceMap
from melanoma.explain.grad_cam import GradCam

METHODS: dict[str, Method] = {method.name: method for method in (EvidenceMap(), GradCam())}


def method_named(name: str) -> Method:
    """Return a method; raises UserError if there is none of this name."""
    try:
        return METHODS[name]
    except KeyError:
        raise UserError(f"There is no method “{name}”. Choose one of {', '.join(METHODS)}.") from None
