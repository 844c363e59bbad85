"""The commands `melanoma predict` and `melanoma triage`."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from melanoma.errors import UserError
from melanoma.files import make_folder, one_line, require_folder, write_whole
from melanoma.model.bundle_folders import DEFAULT
from melanoma.output import OutputError, json_text
from melanoma.photos.recognition import PassedOver

if TYPE_CHECKING:
    from melanoma.batch.heatmaps import PhotoResult
    from melanoma.batch.results import Results

Paths = Annotated[
    list[str],
    typer.Argument(
        help="Photos, DICOM files, folders, patterns, zip archives, a CSV of paths, s3:// and the like."
    ),
]
Model = Annotated[Path, typer.Option(help="Folder of the model.")]
Images = Annotated[Path | None, typer.Option(help="Where the files of a CSV lie; by default beside it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KeepIds = Annotated[
    bool, typer.Option("--keep-ids", help="Also tell the SOPInstanceUID of DICOM objects; nothing else is.")
]

MixName = Annotated[
    str | None,
    typer.Option(
        "--mix",
        help="Also show the probabilities in another mix of diagnoses: even, clinic, or a CSV with the "
        "columns diagnosis and share. Alerts, sets and order stay those of the model's own mix.",
    ),
]


class Engine(StrEnum):
    """Where the network runs."""

    LOCAL = "local"
    RAY = "ray"


def predict(
    paths: Paths,
    model: Model = DEFAULT,
    images: Images = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a .csv, .json, .jsonl or .parquet file, chunk by chunk.")
    ] = None,
    heatmaps: Annotated[
        Path | None, typer.Option(help="Folder for a map of each photo: evidence, or Grad-CAM.")
    ] = None,
    keep_ids: KeepIds = False,
    mix: MixName = None,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = Engine.LOCAL,
    address: Annotated[
        str | None, typer.Option(help="Of the cluster; by default one is started on this machine.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="On the cluster; by default one a core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the probabilities of the diagnoses for each photo, or write them to a file.

    If it is killed while it writes a file, the same command goes on where it was.
    """
    from melanoma.batch.heatmaps import BatchOptions, as_line, predict_files_with_heatmaps
    from melanoma.batch.rows import SCHEMA_VERSION, schema_of
    from melanoma.batch.sources import list_sources
    from melanoma.model.bundle import load_bundle
    from melanoma.model.mix import mix_named

    if engine is Engine.LOCAL and (address or workers):
        raise UserError("--address and --workers are for a cluster. Add --engine ray, or leave them out.")
    if out is not None:
        from melanoma.batch.results import Results, require_results_name  # pyarrow, for files alone

        require_results_name(out)
    if heatmaps is not None:
        make_folder(heatmaps)
    passed_over = PassedOver()
    total = sum(1 for _ in list_sources(paths, images, passed_over))
    bundle = load_bundle(model)
    shown = mix_named(mix, bundle) if mix else None
    options = BatchOptions(heatmaps is not None, keep_ids, shown)
    job = {"model": bundle.version, "paths": paths, "heatmaps": str(heatmaps or ""), "keep ids": keep_ids}
    # A photo judged before counts as done only in the mixes of then, the bundle's and the one to look at.
    job |= {"columns": SCHEMA_VERSION, "mix": list(bundle.prior)}
    job |= {"shown mix": list(shown.shares) if shown else None}
    results = Results(out, schema_of(bundle, shown), job) if out is not None else None
    sources = (
        one for one in list_sources(paths, images) if results is None or results.claim(one.name, one.stamp)
    )
    if engine is Engine.RAY:
        from melanoma.batch.cluster.predicting import predict_on_cluster

        answered: Iterator[list[PhotoResult]] = predict_on_cluster(bundle, sources, options, address, workers)
    else:
        from melanoma.model.classifier import Classifier

        answered = predict_files_with_heatmaps(Classifier(bundle, for_many=True), sources, options)
    printed = None if results is not None and not as_json else json_text if as_json else as_line
    counts, dropped = _run(answered, results, heatmaps, total, printed)
    if results is not None:
        earlier = f", those of {results.files_before} files by an earlier run" if results.files_before else ""
        counts = results.finish()
        message = (
            f"{counts['rows']} rows written to {out}{earlier}; {counts['melanoma alerts']} melanoma alerts, "
        )
        message += f"{counts['malignancy alerts']} alerts for any malignancy."
        print(message, file=sys.stderr)
    _tell_passed_over(passed_over)
    if dropped:
        print(f"Left out, as it may tell who it is: {', '.join(sorted(dropped))}.", file=sys.stderr)
    if counts["errors"]:
        raise UserError(
            f"{counts['errors']} of {counts['rows']} photos could not be used; the others were answered."
        )


def triage(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="The worklist to write, .html or .csv.")],
    model: Model = DEFAULT,
    images: Images = None,
    mix: MixName = None,
    as_json: AsJson = False,
) -> None:
    """Write a worklist of many photos, those with an alert first, by the probability of any malignancy.

    No place on it is an all-clear.
    """
    from melanoma.batch.progress import shown_progress
    from melanoma.batch.sources import list_sources
    from melanoma.batch.triage import judge, ranked
    from melanoma.batch.worklist import as_csv, as_html, notice, summary
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier
    from melanoma.model.mix import mix_named

    if out.suffix.lower() not in (".html", ".csv"):
        raise UserError(f"{out}: a worklist can be written as .html or .csv.")
    require_folder(out)
    passed_over = PassedOver()
    total = sum(1 for _ in list_sources(paths, images, passed_over))
    bundle = load_bundle(model)
    shown = mix_named(mix, bundle) if mix else None
    unranked = []
    with shown_progress("Judging photos", total) as bar:
        for entry in judge(Classifier(bundle, for_many=True), list_sources(paths, images), mix=shown):
            unranked.append(entry)
            bar.step()
    entries = ranked(unranked)
    html = out.suffix.lower() == ".html"
    write_whole(out, as_html(entries, bundle, mix=shown) if html else as_csv(entries, bundle.codes, shown))
    counts = {
        "photos": len(entries),
        "melanoma_alerts": sum(entry.alert for entry in entries),
        "malignancy_alerts": sum(bool(entry.malignancy_alert) for entry in entries),
        "alerts": sum(entry.any_alert for entry in entries),
        "errors": sum(entry.error is not None for entry in entries),
        "passed_over": passed_over.count,
        "out": str(out),
    }
    print(json_text(counts) if as_json else f"{summary(entries)} {notice(bundle)}")
    _tell_passed_over(passed_over)


def _tell_passed_over(passed_over: PassedOver) -> None:
    if sentence := passed_over.sentence():
        print(one_line(str(sentence)), file=sys.stderr)


def _run(
    answered: Iterator[list["PhotoResult"]],
    results: "Results | None",
    heatmaps: Path | None,
    total: int,
    printed: Callable[[dict[str, Any]], str] | None,
) -> tuple[Counter[str], set[str]]:
    """Write or print the results; return counts of rows and errors, and attributes left out of DICOM objects.

    Results that came before an interruption or an error are written too.
    """
    from melanoma.batch.progress import shown_progress

    counts: Counter[str] = Counter()
    dropped: set[str] = set()
    before = results.files_before if results else 0
    output = sys.stdout  # for rows alone: the cluster engine redirects other messages to standard error
    try:
        with shown_progress("Judging photos", total, before, printing=printed is not None) as bar:
            for answers in answered:
                _write_heatmaps(answers, heatmaps)
                if results is not None:
                    results.add([answer.row for answer in answers])
                for answer in answers:
                    counts.update(rows=1, errors=int(answer.row["error"] is not None))
                    dropped.update(answer.row["dropped"])
                    if printed:
                        print(printed(answer.row), file=output)
                bar.step()
    except (KeyboardInterrupt, UserError, OutputError) as stop:
        if results is None:
            raise
        results.flush()
        if not isinstance(stop, KeyboardInterrupt):
            raise
        raise UserError("Stopped. What was answered is kept; the same command goes on from there.") from None
    return counts, dropped


def _write_heatmaps(answers: list["PhotoResult"], folder: Path | None) -> None:
    for answer in answers:
        if folder is not None and answer.heatmap is not None:
            write_whole(folder / answer.row["heatmap"], answer.heatmap)
