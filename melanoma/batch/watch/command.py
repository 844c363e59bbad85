"""The command `melanoma watch`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from melanoma.batch.command import KeepIds, Model
from melanoma.errors import UserError
from melanoma.files import one_line, printable, require_folder
from melanoma.model.bundle_folders import DEFAULT


def watch(
    folder: Annotated[Path, typer.Argument(help="The folder that photos arrive in, with those below it.")],
    out: Annotated[Path, typer.Option(help="The worklist, .jsonl: a line is appended for each photo.")],
    model: Model = DEFAULT,
    webhook: Annotated[str | None, typer.Option(help="Address to which events are posted as JSON.")] = None,
    still: Annotated[
        float, typer.Option(min=0.1, help="Seconds a file must lie still before it is read.")
    ] = 2,
    keep_ids: KeepIds = False,
) -> None:
    """Judge photos as they arrive, until stopped; alerts, and photos that cannot be read, are JSON lines.

    If it is stopped or killed, the same command goes on: nothing is judged twice, and no event is lost.
    """
    from melanoma.batch.heatmaps import BatchOptions
    from melanoma.batch.watch.journal import Journal
    from melanoma.batch.watch.loop import watch_folder
    from melanoma.batch.watch.webhook import EventQueue
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier

    if out.suffix.lower() != ".jsonl":
        raise UserError(f"{out}: the worklist of a watched folder is written as .jsonl.")
    require_folder(out)
    bundle = load_bundle(model)
    worklist = Journal(out)
    told = out.with_name(f".{out.name}.told")
    outbox = EventQueue(Journal(told), webhook)
    own = {out.resolve(), told.resolve()}

    def tell_passed_over(path: Path) -> None:
        if path.resolve() not in own:
            print(f"Passed over, since it is no photo: {one_line(printable(path))}", file=sys.stderr)

    judged = 0
    options = BatchOptions(keep_ids=keep_ids)
    try:
        classifier = Classifier(bundle)
        print(f"Watching {folder}. Stop with Ctrl-C.", file=sys.stderr)
        for _ in watch_folder(
            classifier, folder, worklist, outbox, options, still, passed_over=tell_passed_over
        ):
            judged += 1
    except KeyboardInterrupt:
        left = outbox.close()
        waiting = f" {left} events wait for the webhook, until the next start." if left else ""
        print(f"Stopped after {judged} photos; {out} holds them.{waiting}", file=sys.stderr)
