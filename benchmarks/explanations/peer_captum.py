"""Captum's Grad-CAM on a PyTorch copy of the network, for `benchmarks.explanations.speed`.

Runs in an environment of its own, with torch, captum and numpy. Takes the weights and the image from a .npz
file, and prints its logits, so that it is known to explain the same network.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.explanations.timing import measured, peak_megabytes, report, serve

STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1)  # of the depthwise convolutions, the last stride taken out


class Convolution(nn.Module):
    """Convolution without bias, batch normalisation and ReLU6, as Keras' MobileNet has them."""

    def __init__(self, weights: dict[str, np.ndarray], name: str, stride: int, dilation: int = 1) -> None:
        super().__init__()
        kernel = weights[f"{name}/0"]
        self.depthwise = "_dw_" in name
        order = (2, 3, 0, 1) if self.depthwise else (3, 2, 0, 1)
        self.kernel = nn.Parameter(torch.from_numpy(kernel.transpose(order).copy()))
        gamma, beta, mean, variance = (torch.from_numpy(weights[f"{name}_bn/{part}"]) for part in range(4))
        self.norm = nn.BatchNorm2d(len(gamma), eps=1e-3)
        self.norm.load_state_dict(
            {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": variance}, False
        )
        self.relu = nn.ReLU6()
        self.stride, self.dilation, self.side = stride, dilation, kernel.shape[0]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if (
            self.side > 1
        ):  # TensorFlow pads an even input of a convolution with stride 2 on the far sides only
            near = 0 if self.stride == 2 else self.dilation
            x = functional.pad(x, (near, self.dilation, near, self.dilation))
        groups = x.shape[1] if self.depthwise else 1
        x = functional.conv2d(x, self.kernel, None, self.stride, 0, self.dilation, groups)
        return self.relu(self.norm(x))


class Network(nn.Module):
    """The network from float pixels (n, 3, S, S) in 0..255 to logits."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        layers = [Convolution(weights, "conv1", 2)]
        for block, stride in enumerate(STRIDES, start=1):
            layers.append(Convolution(weights, f"conv_dw_{block}", stride, 2 if block == len(STRIDES) else 1))
            layers.append(Convolution(weights, f"conv_pw_{block}", 1))
        self.features = nn.Sequential(*layers)
        kernel, bias = weights["logits/0"], weights["logits/1"]
        self.head = nn.Linear(*kernel.shape)
        self.head.load_state_dict(
            {"weight": torch.from_numpy(kernel.T.copy()), "bias": torch.from_numpy(bias)}
        )

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(pixels / 127.5 - 1).mean(dim=(2, 3)))


def main(exchange: str, served: bool) -> None:
    """Measure and print; or, `served`, measure what is asked for."""
    given = dict(np.load(exchange))
    network = Network(given).eval()
    batch = torch.from_numpy(given["pixels"].transpose(0, 3, 1, 2).astype(np.float32))
    photo = batch[:1]
    classes = network.head.out_features
    cam = LayerGradCam(network, network.features[-1])
    with torch.no_grad():
        logits = network(photo)[0].tolist()
    loaded = peak_megabytes()

    def forward() -> None:
        with torch.no_grad():
            network(photo)

    tasks = {
        "forward": forward,
        "one class": lambda: cam.attribute(photo, target=0),
        "all classes": lambda: [cam.attribute(photo, target=index) for index in range(classes)],
        "batch of 32": lambda: cam.attribute(batch, target=0),
    }
    if served:
        return serve(tasks)
    report({"version": torch.__version__, "logits": logits, "loaded_mb": loaded, "tasks": measured(tasks)})


if __name__ == "__main__":
    main(sys.argv[1], "--serve" in sys.argv)
