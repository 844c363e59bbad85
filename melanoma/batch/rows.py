"""One photo of a batch as a row: what `predict` prints and writes.

| column | type | what |
|---|---|---|
| path | text | the file as it was given; bytes that are no UTF-8 are written as backslashes and numbers |
| frame | int32 or none | of a DICOM object, counted from 1 |
| p_MEL, p_NV … | float64 or none | calibrated probabilities, summing to 1; JSON has them as `probabilities` |
| score_MEL … | float64 or none | the logarithms of the probabilities; JSON: `scores` |
| logit_MEL … | float32 or none | the raw outputs, defined up to a constant that all share; JSON: `logits` |
| diagnosis | text or none | the likeliest |
| melanoma_alert | bool or none | true where the probability of melanoma reaches the model's threshold |
| malignancy | float64 or none | the probability of any malignant diagnosis, or of one that can become so |
| malignancy_alert | bool or none | true where that reaches its threshold; none also where a model has none |
| prediction_set | list of text | the diagnoses that cannot be ruled out, likeliest first |
| in_distribution | bool or none | false where the photo is unlike those that the model knows |
| novelty | float64 or none | the distance that says so, 0 to 2 |
| lesion_not_seen | float64 or none | share of the lesion outside the square that the network saw, 0 to 1; |
| | | none also where part of the photo was not seen and no lesion was surely found in it |
| flags | list of text | sentences about the photo's quality, and about what of it was not seen |
| error | text or none | why there is no prediction; then every column of the prediction is none |
| heatmap | text or none | name of the evidence map's file in the folder of `--heatmaps` |
| dropped | list of text | names of the identifying DICOM attributes that the result leaves out |
| sop_instance_uid | text or none | only with `--keep-ids` |
| mix, mix_MEL … | text, float64 or none | only with `--mix`: its name, and the probabilities in it (JSON: |
| | | `probabilities_in_mix`), which decide nothing |
| model, model_version | text | name of the bundle, and a hash over all its files |

In CSV, lists are joined by “; ”, none is empty, and text that a spreadsheet would run gets an apostrophe.
"""

from typing import TYPE_CHECKING, Any

from melanoma.batch.predicting import PredictedPhoto
from melanoma.files import spreadsheet_text
from melanoma.model.bundle import Bundle
from melanoma.model.mix import Mix

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = "3"
Row = dict[str, Any]
_FIRST = (
    *("path", "probabilities", "diagnosis", "melanoma_alert", "malignancy_alert", "prediction_set"),
    *("in_distribution", "flags", "error", "frame", "malignancy", "scores", "logits"),
)
"""The order of what a JSON object begins with."""
_NESTED = {"probabilities": "p", "scores": "score", "logits": "logit", "probabilities_in_mix": "mix"}


def row_of(
    judged: PredictedPhoto,
    bundle: Bundle,
    keep_ids: bool = False,
    heatmap: str | None = None,
    mix: Mix | None = None,
) -> Row:
    """Return the object that `predict --json` prints for a photo."""
    photo, found = judged.photo, judged.prediction
    row = {
        "path": photo.name,
        "probabilities": {code: found.probability(code) for code in found.codes} if found else None,
        "diagnosis": found.diagnosis if found else None,
        "melanoma_alert": found.melanoma_alert if found else None,
        "malignancy_alert": found.malignancy_alert if found else None,
        "prediction_set": list(found.prediction_set) if found else None,
        "in_distribution": bool(found.in_distribution) if found else None,
        "flags": list(found.quality) if found else None,
        "error": str(photo.error) if photo.error else None,
        "frame": photo.frame,
        "malignancy": found.malignancy if found else None,
        "scores": dict(zip(found.codes, map(float, found.scores), strict=True)) if found else None,
        "logits": dict(zip(found.codes, map(float, found.logits), strict=True)) if found else None,
        "novelty": found.novelty if found else None,
        "lesion_not_seen": found.lesion_not_seen if found else None,
        "heatmap": heatmap,
        "dropped": list(photo.dropped),
        "sop_instance_uid": photo.sop_instance_uid if keep_ids else None,
        "model": bundle.name,
        "model_version": bundle.version,
    }
    if mix is not None:
        row |= {"mix": mix.name, "probabilities_in_mix": mix.by_code(found) if found else None}
    return row


def schema_of(bundle: Bundle, mix: Mix | None = None) -> "pa.Schema":
    """Return the Parquet schema of a model's rows, with a `mix` if they have one; its metadata hold the
    schema's version.
    """
    import pyarrow as pa

    in_mix = [("mix", pa.string()), *((f"mix_{code}", pa.float64()) for code in bundle.codes)]
    texts = pa.list_(pa.string())
    return pa.schema(
        [
            pa.field("path", pa.string(), nullable=False),
            ("frame", pa.int32()),
            *((f"p_{code}", pa.float64()) for code in bundle.codes),
            *((f"score_{code}", pa.float64()) for code in bundle.codes),
            *((f"logit_{code}", pa.float32()) for code in bundle.codes),
            ("diagnosis", pa.string()),
            ("melanoma_alert", pa.bool_()),
            ("malignancy", pa.float64()),
            ("malignancy_alert", pa.bool_()),
            ("prediction_set", texts),
            ("in_distribution", pa.bool_()),
            ("novelty", pa.float64()),
            ("lesion_not_seen", pa.float64()),
            ("flags", texts),
            ("error", pa.string()),
            ("heatmap", pa.string()),
            ("dropped", texts),
            ("sop_instance_uid", pa.string()),
            pa.field("model", pa.string(), nullable=False),
            pa.field("model_version", pa.string(), nullable=False),
            *(in_mix if mix is not None else ()),
        ],
        metadata={"melanoma.schema": SCHEMA_VERSION},
    )


def as_table(rows: list[Row], schema: "pa.Schema") -> "pa.Table":
    """Return the rows as an Arrow table, one column a probability, a score and a logit."""
    import pyarrow as pa

    flat = []
    for row in rows:
        columns = {name: value for name, value in row.items() if name not in _NESTED}
        for name, prefix in _NESTED.items():
            columns |= {f"{prefix}_{code}": value for code, value in (row.get(name) or {}).items()}
        flat.append(columns)
    return pa.Table.from_pylist(flat, schema=schema)


def as_rows(table: "pa.Table") -> list[Row]:
    """Return the rows that `as_table` was given."""
    rows = []
    for flat in table.to_pylist():
        nested: Row = {}
        for name, prefix in _NESTED.items():
            found = {
                column.removeprefix(f"{prefix}_"): flat.pop(column)
                for column in table.column_names
                if column.startswith(f"{prefix}_")
            }
            if found:
                nested[name] = None if None in found.values() else found
        whole = flat | nested
        first = {name: whole[name] for name in _FIRST}
        rows.append(first | whole)
    return rows


def as_cells(flat: dict[str, Any]) -> list[Any]:
    """Return a row of the table as cells for a spreadsheet."""
    cells = []
    for value in flat.values():
        text = "; ".join(value) if isinstance(value, list) else value
        cells.append(spreadsheet_text(text) if isinstance(text, str) else text)
    return cells
