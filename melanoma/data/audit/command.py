"""The command `melanoma audit`. Imports its dependencies when it runs, so that others start quickly."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from melanoma.errors import UserError
from melanoma.files import require_folder, write_whole
from melanoma.output import json_text


def audit(
    data: Annotated[Path, typer.Option(help="Labels CSV, or a folder with one subfolder a class.")],
    images: Annotated[Path | None, typer.Option(help="Where the CSV's images lie.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Labels CSV of the true diagnoses, joined by id.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Report to write, .html or .json.")] = None,
    thumbnails: Annotated[bool, typer.Option(help="Put small pictures into the HTML report.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong with labelled photos: bad files, copies, leaks, shortcuts, doubtful labels.

    Any class names will do. A folder may hold Train, Validation and Test.
    """
    try:
        from melanoma.data.audit import run
        from melanoma.data.audit.report import write_report
        from melanoma.data.audit.summary import sentences
    except ModuleNotFoundError as missing:
        raise UserError(f"audit needs {missing.name}: pip install -r requirements-dev.txt") from missing
    if out is not None and out.suffix.lower() not in (".html", ".json"):
        raise UserError(f"{out}: the report is written as .html or .json.")
    if out is not None:
        require_folder(out)
    with _progress_bar() as progress:
        found = run.audit(data, images, truth, progress)
    if out is not None and out.suffix.lower() == ".json":
        write_whole(out, json.dumps(found.as_json(), ensure_ascii=False))
    elif out is not None:
        write_report(found, out, thumbnails)
    print(json_text(found.as_json()) if as_json else "\n".join(sentences(found)))


@contextmanager
def _progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Give a function that shows the progress of a step, on standard error and only in a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)
