"""The same network and image through this project, tf-keras-vis and Captum: time and memory.

python -m benchmarks.explanations.speed                                  without Captum
python -m benchmarks.explanations.speed --torch /path/to/env/bin/python  an environment with torch and captum

Each library runs in a process of its own, one after another, `--rounds` times, and the median of the rounds
is printed as Markdown. The image is a drawn lesion, so nothing else is needed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.lesion.framing import frame_photo
from melanoma.model.bundle import DEFAULT, load_bundle

HERE = Path(__file__).parent
ROWS = 32


def write_exchange(model: Path, path: Path) -> None:
    """Write the images, uint8 (32, S, S, 3), and all weights by layer, for a library without Keras."""
    bundle = load_bundle(model)
    kinds = (MELANOMA_LIKE, NEVUS_LIKE)
    drawn = [draw_lesion(kinds[number % 2], 450, 600, seed=number).image for number in range(ROWS)]
    arrays = {
        "pixels": np.stack([frame_photo(image, bundle.image_size, bundle.framing).pixels for image in drawn])
    }
    for layer in bundle.load_network().layers:
        for number, weight in enumerate(layer.get_weights()):
            arrays[f"{layer.name}/{number}"] = weight
    np.savez(path, **arrays)


def run_peer(command: list[str]) -> dict:
    """Return what a peer printed last; raises RuntimeError with its errors if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1])
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def median(rounds: list[dict], *path: str) -> float:
    """Return the median over rounds of the number that lies at `path`."""
    values = []
    for found in rounds:
        for key in path:
            found = found[key]
        values.append(found)
    return float(np.median(values))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=DEFAULT, help="a bundle")
    parser.add_argument("--torch", help="the Python of an environment with torch and captum")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        exchange = str(Path(folder) / "exchange.npz")
        write_exchange(options.model, Path(exchange))
        model = str(options.model.resolve())
        peers = {
            "this project": [sys.executable, "-m", "benchmarks.explanations.peer_own", model, exchange],
            "tf-keras-vis": [
                sys.executable,
                "-m",
                "benchmarks.explanations.peer_tf_keras_vis",
                model,
                exchange,
            ],
        }
        if options.torch:
            peers["Captum"] = [options.torch, str(HERE / "peer_captum.py"), exchange]
        rounds: dict[str, list[dict]] = {name: [] for name in peers}
        for _ in range(options.rounds):
            for name, command in peers.items():
                rounds[name].append(run_peer(command))
    show(rounds)


def show(rounds: dict[str, list[dict]]) -> None:
    """Print the tables."""
    own = rounds["this project"]
    reference = np.array(own[0]["logits"])
    print("| task | " + " | ".join(f"{name}, ms | MB" for name in rounds) + " |")
    print("|---|" + "---|" * (2 * len(rounds)))
    loaded = " | ".join(f" | {median(found, 'loaded_mb'):.0f}" for found in rounds.values())
    print(f"| loaded, one forward pass done | {loaded} |")
    for task in ("forward", "one class", "all classes", "batch of 32"):
        cells = [
            f"{median(found, 'tasks', task, 'median_ms'):.1f} | {median(found, 'tasks', task, 'peak_mb'):.0f}"
            for found in rounds.values()
        ]
        print(f"| {task} | " + " | ".join(cells) + " |")
    maps = [found["tasks"]["logits and all evidence maps"]["median_ms"] for found in own]
    bare = [found["tasks"]["forward"]["median_ms"] for found in own]
    print(
        f"\nAll evidence maps and logits: {np.median(maps):.1f} ms, "
        f"{np.median(np.divide(maps, bare)):.2f} times the bare forward pass"
    )
    for name, found in rounds.items():
        gap = np.abs(np.array(found[0]["logits"]) - reference).max()
        slower = np.divide([one["tasks"]["all classes"]["median_ms"] for one in found], maps)
        print(
            f"{name}: largest difference of a logit {gap:.1e}; all classes by Grad-CAM take "
            f"{np.median(slower):.1f} times as long as all evidence maps "
            f"({slower.min():.1f} to {slower.max():.1f})"
        )
    print("\n| method | one diagnosis, ms | all, ms |\n|---|---|---|")
    for method in own[0]["methods"]:
        one, every = (median(own, "methods", method, count, "median_ms") for count in ("one", "all"))
        print(f"| {method} | {one:.1f} | {every:.1f} |")
    after = [(found["resident_after_50_mb"], found["resident_after_300_mb"]) for found in own]
    print(
        "\nResident after 50 and after 300 photos with three methods each, MB: "
        + "; ".join(f"{early:.0f}, {late:.0f} ({late / early - 1:+.1%})" for early, late in after)
    )


if __name__ == "__main__":
    main()
