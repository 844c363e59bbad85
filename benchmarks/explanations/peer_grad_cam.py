"""pytorch-grad-cam's GradCAM on the PyTorch copy of the network, for `benchmarks.performance`.

Runs in an environment of its own, with torch, captum, grad-cam and numpy. Measures what is asked for.
"""

import sys
import types
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.explanations.peer_captum import Network
from benchmarks.explanations.timing import serve

try:
    import torchvision  # noqa: F401
except (ImportError, RuntimeError):
    # It imports torchvision for functions that prepare pictures, and this needs none of them; not every
    # torch has a torchvision that fits.
    for module, names in {
        "torchvision": (),
        "torchvision.transforms": ("Compose", "Normalize", "ToTensor"),
        "torchvision.transforms.functional": ("resize",),
    }.items():
        sys.modules[module] = types.ModuleType(module)
        for name in names:
            setattr(sys.modules[module], name, None)
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget


def main(exchange: str) -> None:
    """Serve its tasks."""
    given = dict(np.load(exchange))
    network = Network(given).eval()
    photo = torch.from_numpy(given["pixels"][:1].transpose(0, 3, 1, 2).astype(np.float32))
    targets = [[ClassifierOutputTarget(index)] for index in range(network.head.out_features)]
    with GradCAM(model=network, target_layers=[network.features[-1]]) as cam:
        serve(
            {
                "one class": lambda: cam(input_tensor=photo, targets=targets[0]),
                "all classes": lambda: [cam(input_tensor=photo, targets=target) for target in targets],
            }
        )


if __name__ == "__main__":
    main(sys.argv[1])
