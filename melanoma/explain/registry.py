"""All explanation methods. A new one is added here, and nowhere else."""

from melanoma.errors import UserError
from melanoma.explain.base import Method
from melanoma.explain.baselines import EdgeMap, RandomMap
from melanoma.explain.evidence import DifferenceMap, EvidenceMap, RawClassMap
from melanoma.explain.grad_cam import GradCam
from melanoma.explain.hires_cam import HiResCam
from melanoma.explain.integrated_gradients import IntegratedGradients
from melanoma.explain.occlusion import Occlusion
from melanoma.explain.smoothgrad import SmoothGrad
from melanoma.explain.tf_keras_vis_cams import GradCamPlusPlus, LayerCam, ScoreCam
from melanoma.model.classifier import CompiledNetwork

_ALL = (
    EvidenceMap(),
    DifferenceMap(),
    RawClassMap(),
    GradCam(),
    HiResCam(),
    GradCamPlusPlus(),
    LayerCam(),
    ScoreCam(),
    SmoothGrad(),
    IntegratedGradients(),
    Occlusion(),
    RandomMap(),
    EdgeMap(),
)
METHODS: dict[str, Method] = {method.name: method for method in _ALL}


def offered_methods(network: CompiledNetwork) -> dict[str, Method]:
    """Return the methods that can explain a network, the one to begin with first."""
    found = {name: method for name, method in METHODS.items() if method.offered(network)}
    first = first_method(network).name
    return {first: found[first]} | found


def first_method(network: CompiledNetwork) -> Method:
    """Return the method to begin with: the evidence map, or Grad-CAM for a network that has none."""
    return METHODS["evidence" if network.additive else "grad-cam"]


def method_named(name: str) -> Method:
    """Return a method; raises UserError if there is none of this name."""
    try:
        return METHODS[name]
    except KeyError:
        raise UserError(f"There is no method “{name}”. Choose one of {', '.join(METHODS)}.") from None
