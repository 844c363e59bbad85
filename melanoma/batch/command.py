"""The command `melanoma triage`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from melanoma import bundle as bundles
from melanoma.batch.sources import from_paths
from melanoma.batch.triage import judge, ranked
from melanoma.batch.worklist import as_csv, as_html, notice, summary
from melanoma.errors import UserError
from melanoma.writing import require_folder, write_whole


def triage(
    paths: Annotated[list[Path], typer.Argument(help="Photos, folders of photos, or zip archives.")],
    out: Annotated[Path, typer.Option(help="The worklist to write, .html or .csv.")],
    model: Annotated[Path, typer.Option(help="Folder of the model.")] = bundles.DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a worklist of many photos, the likeliest melanomas first. No place on it is an all-clear."""
    from melanoma.classifier import Classifier  # TensorFlow takes seconds, and --help should not

    if out.suffix.lower() not in (".html", ".csv"):
        raise UserError(f"{out}: a worklist can be written as .html or .csv.")
    require_folder(out)
    sources = from_paths(paths)
    bundle = bundles.load_bundle(model)
    judged = judge(Classifier(bundle), sources)
    entries = ranked(
        list(
            track(judged, "Judging photos", total=len(sources), console=Console(stderr=True), transient=True)
        )
    )
    html = out.suffix.lower() == ".html"
    write_whole(out, as_html(entries, bundle) if html else as_csv(entries, bundle.codes))
    counts = {
        "photos": len(entries),
        "alerts": sum(entry.alert for entry in entries),
        "errors": sum(entry.error is not None for entry in entries),
        "out": str(out),
    }
    print(json.dumps(counts, ensure_ascii=False) if as_json else f"{summary(entries)} {notice(bundle)}")
