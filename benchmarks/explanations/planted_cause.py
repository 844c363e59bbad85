"""Which maps show a planted cause: a ruler, ink or dark corners that a head goes by, or does not.

    python -m benchmarks.explanations.planted_cause                     drawn lesions
    python -m benchmarks.explanations.planted_cause --data labels.csv   real ones of the bundle's test side
    python -m benchmarks.explanations.planted_cause --out known.csv     goes on from there after a kill

Two heads are fitted for each shortcut: one to photos in which every melanoma has it and no mole, which goes
by it, and one to photos in which half of both have it, which does not. Both explain the same held-back
melanomas with the shortcut in view. A method is judged by how much of what speaks for melanoma in its map
lies in the cells that the shortcut touches, beside their share of the picture, and by whether that tells the
two heads apart (Adebayo et al. 2022, “Post hoc explanations may be ineffective for detecting unknown spurious
correlation”, arXiv:2212.04629). What taking the shortcut away does to the log-odds is printed first: it shows
that the one head goes by it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from benchmarks.adopted_architectures import predict
from melanoma.data.labels.read import read_labels
from melanoma.errors import exit_on_user_error
from melanoma.evaluation.metrics import Estimate, bootstrap
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS, offered_methods
from melanoma.files import atomic_write
from melanoma.laboratory.feature_store import MIDDLE, SLICE, FeatureStore
from melanoma.laboratory.features import layer_of, reader
from melanoma.laboratory.head import Head, fit_head
from melanoma.laboratory.lesions import Lesions, drawn_lesions, framed_photos
from melanoma.laboratory.methods_compared import FILE
from melanoma.laboratory.pictures import Picture, render, touched_cells
from melanoma.laboratory.trial import planted_in
from melanoma.measures.overlap import inside_share
from melanoma.model.bundle import DEFAULT, Bundle, load_bundle
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.log_odds import log_odds
from melanoma.model.network import FEATURES, HEAD, POOLING
from melanoma.photos.reading import read_image

CODES = ("MEL", "NV")
SHORTCUTS = ("ruler", "ink", "dark-corners")
"""Those that have a place; a colour cast lies everywhere."""
USES, DOES_NOT = "uses it", "does not"
SHARES = {USES: (1.0, 0.0), DOES_NOT: (0.5, 0.5)}
"""Of the melanomas and of the moles that a head is fitted to, with the shortcut."""
FEW = {"smoothgrad": {"copies": 8}, "score-cam": {"channels": 32}, "integrated-gradients": {"steps": 16}}
"""The settings of methods that take long."""
REAL = 60
"""Real photos of each class; half of them are held back."""


def with_head(network: CompiledNetwork, layer: str, head: Head) -> CompiledNetwork:
    """Return a network of two outputs, melanoma and mole, that ends in a head on one of another's layers."""
    maps = keras.layers.Activation("linear", name=FEATURES)(network.network.get_layer(layer).output)
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLING)(maps)
    logits = keras.layers.Dense(2, name=HEAD)(pooled)
    made = keras.Model(network.network.inputs, logits)
    kernel = np.stack([head.weights, np.zeros_like(head.weights)], axis=1)
    made.get_layer(HEAD).set_weights([kernel.astype(np.float32), np.array([head.bias, 0], np.float32)])
    return CompiledNetwork(made)


def fit(store: FeatureStore, shortcut: str, shares: tuple[float, float]) -> Head:
    """Return the head fitted to the lesions that are not held back."""
    lesions = store.lesions
    assert lesions.held is not None
    chosen = planted_in(lesions, *shares)
    among = np.flatnonzero(~lesions.held)
    pictures = [Picture(int(lesion), shortcut if chosen[lesion] else None) for lesion in among]
    missing = store.missing(pictures)
    for start in range(0, len(missing), SLICE):
        store.add(missing[start : start + SLICE])
    return fit_head(store.pooled(pictures), lesions.malignant[among])


def real_lesions(bundle: Bundle, data: Path, images: Path | None) -> Lesions:
    """Return melanomas and moles of the bundle's test side, half of each held back."""
    table = read_labels(data, images).table
    split = bundle.load_split()
    table = table[table["image_id"].isin(split.loc[split["split"] == "test", "image_id"])]
    table = table.drop_duplicates("lesion_id").sort_values("image_id")
    chosen = pd.concat([table[table["diagnosis"] == code].head(REAL) for code in CODES])
    photos = [read_image(path) for path in chosen["path"]]
    made = framed_photos(photos, (chosen["diagnosis"] == "MEL").tolist(), bundle.image_size, bundle.framing)
    return Lesions(made.malignant.tolist(), [n % 2 == 1 for n in range(len(made))], made.look)


def judge(
    network: CompiledNetwork, lesions: Lesions, shortcut: str, kind: str, methods: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each held-back melanoma and method, with `change`, the effect of the shortcut."""
    assert lesions.held is not None
    rows = []
    for lesion in np.flatnonzero(lesions.held & lesions.malignant):
        picture = Picture(int(lesion), shortcut)
        planted, clean = render(lesions, picture), render(lesions, Picture(int(lesion)))
        prediction = predict(network, planted, CODES)
        change = log_odds(prediction.scores)[0] - log_odds(predict(network, clean, CODES).scores)[0]
        touched = touched_cells(lesions, picture, network.grid)
        mask = np.kron(touched, np.ones([len(planted) // side for side in network.grid])) > 0
        for name in methods:
            request = ExplanationRequest(network, prediction, FEW.get(name, {}), ("MEL",))
            heatmap = METHODS[name].explain(request)[..., 0]
            rows.append(
                {
                    "shortcut": shortcut,
                    "head": kind,
                    "lesion": int(lesion),
                    "method": name,
                    "share": inside_share(heatmap, mask),
                    "area": float(touched.mean()),
                    "change": float(change),
                }
            )
    return pd.DataFrame(rows)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each method, the one first that tells the heads apart best.

    `used` and `unused` are the mean shares of what speaks for melanoma that lie on the shortcut, `area` its
    share of the picture, and `apart` how often, of the same photo, more lies on it where the head uses it:
    0.5 by chance. With 95% intervals over lesions. A map in which nothing speaks for melanoma has nothing on
    it.
    """
    shares = rows.assign(share=rows["share"].fillna(0.0)).pivot_table(
        index=["method", "shortcut", "lesion"], columns="head", values=["share", "area"]
    )
    lines = []
    for method, found in shares.groupby(level="method"):
        used, unused = found["share"][USES].to_numpy(), found["share"][DOES_NOT].to_numpy()
        values = {"used": used, "unused": unused, "apart": (used > unused) + 0.5 * (used == unused)}
        lesions = found.index.get_level_values("lesion").to_numpy()
        line = {"method": str(method), "area": float(found["area"][USES].mean())}
        for name, of in values.items():
            found_mean = bootstrap(lambda weights, of=of: float(np.average(of, weights=weights)), lesions)
            line |= {name: found_mean.value, f"{name}_low": found_mean.low, f"{name}_high": found_mean.high}
        lines.append(line)
    table = pd.DataFrame(lines).sort_values(["apart", "used"], ascending=False)
    return table.reset_index(drop=True).round(3)


def as_markdown(table: pd.DataFrame) -> str:
    """Return a `summary` as Markdown."""
    head = "| method | on it, where the head uses it | where not | its share of the picture | tells apart |"
    lines = [head, "|---|---|---|---|---|"]
    for row in table.itertuples():
        used, unused, apart = (
            str(Estimate(*(getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))))
            for name in ("used", "unused", "apart")
        )
        lines.append(f"| {row.method} | {used} | {unused} | {row.area:.3f} | {apart} |")
    return "\n".join(lines)


def keep(table: pd.DataFrame, source: str) -> None:
    """Write a `summary` to what the page shows, in the place of the one of the same source."""
    known = pd.read_csv(FILE) if FILE.is_file() else pd.DataFrame(columns=["source"])
    others = known[known["source"] != source]
    both = [others, table.assign(source=source)] if len(others) else [table.assign(source=source)]
    with atomic_write(FILE) as file:
        pd.concat(both).sort_values("source", kind="stable").to_csv(file, index=False)


def main() -> None:
    """Measure what is not known yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="labels CSV: real photos instead of drawings")
    parser.add_argument("--images", type=Path, help="where its images lie")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="the bundle whose features are read")
    parser.add_argument("--out", type=Path, default=Path("runs/planted-cause.csv"))
    parser.add_argument("--keep", action="store_true", help=f"write them to {FILE.name}, for the page")
    options = parser.parse_args()
    with exit_on_user_error():
        bundle = load_bundle(options.model)
        network = load_compiled(bundle)
        lesions = (
            real_lesions(bundle, options.data, options.images)
            if options.data
            else drawn_lesions(bundle.image_size)
        )
    store = FeatureStore(reader(network, MIDDLE), lesions)
    known = pd.read_csv(options.out) if options.out.is_file() else pd.DataFrame()
    for shortcut in SHORTCUTS:
        for kind, shares in SHARES.items():
            if len(known) and ((known["shortcut"] == shortcut) & (known["head"] == kind)).any():
                continue
            own = with_head(network, layer_of(network, MIDDLE), fit(store, shortcut, shares))
            found = judge(own, lesions, shortcut, kind, list(offered_methods(own)))
            known = pd.concat([known, found], ignore_index=True)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            known.to_csv(options.out, index=False)
            print(f"{shortcut}, the head {kind}: log-odds {found['change'].mean():+.2f} by it", flush=True)
    once = known.drop_duplicates(["shortcut", "head", "lesion"])
    print("\n| shortcut | log-odds that it adds, where the head uses it | where not |\n|---|---|---|")
    for shortcut, rows in once.groupby("shortcut"):
        median = rows.groupby("head")["change"].median()
        print(f"| {shortcut} | {median[USES]:+.2f} | {median[DOES_NOT]:+.2f} |")
    print(f"\n{once['lesion'].nunique()} melanomas with each shortcut\n")
    found = summary(known)
    print(as_markdown(found))
    if options.keep:
        keep(found, "photos" if options.data else "drawings")


if __name__ == "__main__":
    main()
