"""The command `melanoma examples`. Imports what it needs when it runs, so that others start quickly."""

from pathlib import Path
from typing import Annotated

import typer

from melanoma.errors import UserError
from melanoma.files import make_folder
from melanoma.output import print_json
from melanoma.photos.archive_licences import Licence


def examples(
    out: Annotated[Path, typer.Option(help="The folder to keep them in; what is there already stays.")],
    licence: Annotated[Licence, typer.Option(help="cc-0 takes only what is free for any use.")] = Licence.ANY,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch real photos for the page from the ISIC Archive, before a class without a network.

    The page takes them from the folder that MELANOMA_EXAMPLES names. Each photo's licence and credit, as the
    Archive states them, lie beside it. Run it again after an interruption: it goes on where it was.
    """
    from melanoma.photos.examples import (
        GAVE_UP_AFTER,
        IDS,
        OtherLicence,
        fetch_example,
        load_example,
        save_example,
    )
    from melanoma.photos.isic_archive import archive_in_use

    archive = archive_in_use()
    if archive is None:
        raise UserError("MELANOMA_ARCHIVE is off, so nothing is fetched. Unset it for this command.")
    make_folder(out)
    told: list[dict[str, str]] = []
    in_a_row = 0
    for isic_id, diagnosis in IDS:
        try:
            example = load_example(out, isic_id, licence)
            if example is None:
                example, _pixels = fetch_example(archive, isic_id, diagnosis, licence)
                save_example(out, example)
            line = {"id": isic_id, "diagnosis": example.diagnosis, "credit": example.credit, "problem": ""}
            in_a_row = 0
        except OtherLicence as error:
            line = {"id": isic_id, "diagnosis": "", "credit": "", "problem": str(error)}
            in_a_row = 0
        except UserError as error:
            line = {"id": isic_id, "diagnosis": "", "credit": "", "problem": str(error)}
            in_a_row += 1
        told.append(line)
        if not as_json:
            print(line["problem"] or f"{line['diagnosis']}: {line['credit']}", flush=True)
        if in_a_row == GAVE_UP_AFTER:
            break
    had = sum(not line["problem"] for line in told)
    if as_json:
        print_json({"out": str(out), "photos": had, "of": len(IDS), "found": told})
    else:
        print(f"{had} of {len(IDS)} photos are in {out}.")
    if not had or in_a_row:
        raise UserError("Not all came from the ISIC Archive. Run the same command again, it goes on.")
