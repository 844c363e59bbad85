"""Two networks on images that neither was fitted to: every figure, and the paired differences.

    python -m benchmarks.compare_networks runs/proxies/base-answers/NAME.parquet OTHER.parquet …

The first is what the others are compared with. The tables come from `train.py --folds` or `--leave-out`.
With --nevi 0.7 the probabilities assume a mix with that share of nevi, with --turns they are those of the
mean of eight turns. --without BCN20000 leaves out the source whose photos are small.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from melanoma.errors import exit_on_user_error
from melanoma.evaluation.answer_figures import Answers, as_rows, codes_of, differences, estimates, mix_of
from melanoma.evaluation.out_of_fold import PLAIN, TURNS


def compare(
    tables: list[Path],
    nevi: Annotated[float | None, typer.Option(help="Share of nevi in the mix; even without it.")] = None,
    turns: Annotated[bool, typer.Option(help="The mean of eight turns, not one.")] = False,
    without: Annotated[list[str] | None, typer.Option(help="A source to leave out; may be repeated.")] = None,
    replicates: int = 300,
) -> None:
    """Print the first table's figures, and what each other one differs by."""
    loaded = []
    for file in tables:
        table = pd.read_parquet(file)
        table = table[~table["source"].isin(without or [])].reset_index(drop=True)
        codes = codes_of(table)
        loaded.append(Answers(table, codes, mix_of(codes, nevi), TURNS if turns else PLAIN))
    print(f"{tables[0]}: {len(loaded[0].table)} images", *as_rows(estimates(loaded[0], replicates)), sep="\n")
    for file, other in zip(tables[1:], loaded[1:], strict=True):
        found = differences(loaded[0], other, replicates)
        print(f"{file} less {tables[0]}", *as_rows(found), sep="\n")


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(compare)
