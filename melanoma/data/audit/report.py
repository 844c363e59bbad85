"""An audit as one HTML file that opens without a network."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import cv2

from melanoma.data.audit.run import Audit
from melanoma.data.audit.shortcuts import ClassFigures
from melanoma.data.audit.summary import percent, sentences
from melanoma.errors import UserError
from melanoma.files import write_whole
from melanoma.photos.framing import frame
from melanoma.photos.reading import read_image

MOST_ROWS = 100
"""Rows of a table; the JSON has all."""
_MOST_PICTURES = 60
_PICTURE_SIDE = 96  # pixels
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
body{color:#1b1b1b;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-size:.9rem}caption{text-align:left;color:#555}
th,td{border-bottom:1px solid #ddd;padding:.25rem .7rem .25rem 0;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}div.wide{overflow-x:auto}
figure{display:inline-block;margin:0 .5rem .5rem 0;width:110px;vertical-align:top}
figure{font-size:.7rem;overflow-wrap:anywhere}
"""


def write_report(audit: Audit, out: Path, thumbnails: bool = False) -> None:
    """Write the report; with `thumbnails`, small pictures of copies and doubtful labels go into the file."""
    write_whole(out, as_html(audit, thumbnails))


def as_html(audit: Audit, thumbnails: bool = False) -> str:
    """Return the report as one HTML page without scripts or external files."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(audit))
    parts = [
        f"<h1>Audit of {escape(audit.data)}</h1><ul>{items}</ul>",
        _truth(audit),
        _copies(audit, thumbnails),
        _splits(audit),
        _classes(audit),
        _guesses(audit),
        _doubts(audit, thumbnails),
        _problems(audit),
        "<p>For teaching and research; never a diagnosis.</p>",
    ]
    head = f'<meta charset="utf-8"><title>Audit of {escape(audit.data)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are right-aligned, text is escaped, a `_Bar` is drawn as a bar."""
    rows = list(rows)
    if not rows:
        return ""
    shown = rows[:MOST_ROWS]
    more = f" The first {MOST_ROWS} of {len(rows)}; the JSON has all." if len(rows) > MOST_ROWS else ""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in shown)
    return (
        f'<div class="wide"><table><caption>{escape(caption + more)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


class _Bar(float):
    """A share, 0 to 1, drawn as a bar with its percentage."""


def _cell(value: object) -> str:
    if isinstance(value, _Bar):
        width = max(0.0, min(1.0, float(value))) * 100
        return (
            '<td class="n"><svg width="100" height="10" aria-hidden="true">'
            '<rect width="100" height="10" fill="#eee"/>'
            f'<rect width="{width:.0f}" height="10" fill="#0072b2"/></svg> {percent(float(value))}</td>'
        )
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, float):
        return f'<td class="n">{value:.2f}</td>'
    if isinstance(value, int):
        return f'<td class="n">{value}</td>'
    return f"<td>{escape(str(value))}</td>"


def _truth(audit: Audit) -> str:
    if audit.truth is None:
        return ""
    rows = [
        (row.split, row.label, row.true, row.label_source, row.images, row.agrees, _counted(row.also_in))
        for row in audit.truth.rows
    ]
    header = ("Split", "Label", "True diagnosis", "Says", "Images", "Agrees", "Also, byte for byte, in")
    return "<h2>Labels against the truth</h2>" + _table("Images by label and true diagnosis.", header, rows)


def _copies(audit: Audit, thumbnails: bool) -> str:
    names = audit.table["name"].tolist()
    spreads = [(s.kind, s.groups, s.files, s.across_classes, s.across_splits) for s in audit.spreads]
    overlaps = [(o.place, o.other, o.files, o.same_bytes, _Bar(o.files / o.total)) for o in audit.overlaps]
    near = [(names[p.first], names[p.second], p.distance, p.turned) for p in audit.duplicates.near]
    conflicts = [
        (c.image_id, ", ".join(c.labels), ", ".join(c.names), c.same_picture) for c in audit.id_conflicts
    ]
    copies = [(c.name, c.original, c.same_picture) for c in audit.marked_copies]
    pictures = ""
    if thumbnails:
        rows = [row for group in _gravest(audit) for row in group][:_MOST_PICTURES]
        pictures = _pictures(audit, rows)
    return "".join(
        [
            "<h2>Copies</h2>",
            _table(
                "Groups of files.", ("Kind", "Groups", "Files", "Across classes", "Across splits"), spreads
            ),
            _table("Shared pictures.", ("Files of", "are also in", "Files", "Same bytes", "Share"), overlaps),
            pictures,
            _table("Nearly the same.", ("File", "File", "Bits of 256 that differ", "Turned"), near),
            _table("One id, two labels.", ("Id", "Labels", "Files", "Same picture"), conflicts),
            _table("Named like copies.", ("File", "Original is there", "Same picture"), copies),
        ]
    )


def _gravest(audit: Audit) -> list[tuple[int, ...]]:
    """Return the groups of copies, those across classes and splits first."""
    labels, splits = audit.table["label"].to_numpy(), audit.table["split"].to_numpy()
    return sorted(
        audit.duplicates.groups(),
        key=lambda rows: (-len(set(labels[list(rows)])), -len(set(splits[list(rows)]))),
    )


def _splits(audit: Audit) -> str:
    rows = [(k.side, k.other, k.images, k.pictures, k.known, k.lesions) for k in audit.leaks]
    header = ("Side", "Other side", "Images", "Picture is there too", "Lesion known", "Lesion is there too")
    none = "" if rows else "<p>The data name no splits.</p>"
    return "<h2>Splits</h2>" + none + _table("What one side shares with the other.", header, rows)


def _classes(audit: Audit) -> str:
    most = max((figures.images for figures in audit.classes), default=1)

    def row(figures: ClassFigures) -> tuple[object, ...]:
        return (
            figures.label,
            figures.images,
            _Bar(figures.images / most),
            _counted(figures.by_split),
            _counted(figures.sources),
            _counted(figures.sizes),
            figures.brightness,
            _Bar(figures.brighter),
            figures.kilobytes,
            _Bar(figures.larger),
        )

    header = (
        *("Label", "Images", "Of the largest", "Splits", "Sources", "Commonest sizes"),
        *("Brightness", "Brighter than others", "kB", "Larger than others"),
    )
    caption = (
        "“Brighter” and “Larger”: chance that an image of the class is brighter, its file larger, than one "
        "of another class; 50% is no difference."
        + (" Sources were read from the ids." if audit.source_is_guessed else "")
    )
    return "<h2>Classes</h2>" + _table(caption, header, map(row, audit.classes))


def _guesses(audit: Audit) -> str:
    rows = [
        (
            guess.target,
            guess.from_what,
            _Bar(guess.balanced_accuracy),
            " to ".join(percent(end) for end in guess.interval) if guess.interval else "",
            _Bar(guess.chance),
            ", ".join(f"{name} {percent(share)}" for name, share in guess.recall.items()),
            _counted(guess.left_out),
        )
        for guess in audit.guesses
    ]
    header = ("Told", "From", "Balanced accuracy", "95%", "Guessing", "Recognised", "Left out (too few)")
    caption = "Thumbnails: logistic regression on 16 x 16 pixels, cross-validated; copies stay together."
    return "<h2>Shortcuts</h2>" + _table(caption, header, rows)


def _doubts(audit: Audit, thumbnails: bool) -> str:
    names = audit.table["name"].tolist()
    rows = [(names[d.row], d.label, d.suggested, _Bar(d.confidence)) for d in audit.doubts]
    header = ("File", "Label", "Looks more like", "Confidence in the label")
    caption = (
        "Confident learning on thumbnails, the most doubtful first. A place to look, not a proof: where the "
        "classifier above recognises little, most of these labels are right."
    )
    pictures = _pictures(audit, [d.row for d in audit.doubts[:_MOST_PICTURES]]) if thumbnails else ""
    return "<h2>Doubtful labels</h2>" + pictures + _table(caption, header, rows)


def _problems(audit: Audit) -> str:
    rows = [(problem.kind, problem.name, problem.detail) for problem in audit.problems]
    return "<h2>Odd and unusable files</h2>" + (
        _table("Kind by kind.", ("Kind", "File", "What"), sorted(rows)) or "<p>None.</p>"
    )


def _pictures(audit: Audit, rows: Sequence[int]) -> str:
    figures = []
    for row in rows:
        entry = audit.table.iloc[row]
        try:
            small, _ = frame(read_image(Path(entry["path"])), _PICTURE_SIDE)
        except UserError:  # deleted since the audit
            continue
        _, encoded = cv2.imencode(".jpg", small[:, :, ::-1])
        source = base64.b64encode(encoded.tobytes()).decode()
        name = escape(entry["name"])
        figures.append(
            f'<figure><img alt="" width="96" height="96" src="data:image/jpeg;base64,{source}">'
            f"<figcaption>{name}</figcaption></figure>"
        )
    return "".join(figures)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {number}" for name, number in counts.items())
