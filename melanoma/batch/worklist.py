"""A worklist as a file: CSV for a spreadsheet, or HTML that opens offline and prints."""

import csv
import io
from html import escape
from string import Template

from melanoma.batch.triage import Entry
from melanoma.diagnoses import diagnosis_of
from melanoma.exports.offline_html import offline_page
from melanoma.files import spreadsheet_text
from melanoma.model.alert_wording import photo_doubts
from melanoma.model.bundle import Bundle
from melanoma.model.mix import Mix
from melanoma.model.verdict_wording import missed_words, shown_mix_words
from melanoma.phrases import Say, english

_STYLE = """@page { size: A4; margin: 12mm }
body { font: 15px/1.4 system-ui, sans-serif; color: #0b161c; background: #fff; margin: 1rem auto;
  max-width: 70rem; padding: 0 1rem }
.notice { border-left: 6px solid #b3261e; background: #fdf0ef; padding: .5rem .8rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid #d5dcdf }
th { font-size: .85rem; color: #46525a }
tr { break-inside: avoid }
td.number { text-align: right; white-space: nowrap }
td.name { overflow-wrap: anywhere }
img { display: block; max-width: 128px }
strong { color: #8c1d18 }"""
_BODY = Template("""<p class="notice">$notice</p>
<p>$summary</p>
<table><thead><tr>$heads</tr></thead><tbody>
$rows
</tbody></table>
<p>$model</p>""")


def as_csv(entries: list[Entry], codes: tuple[str, ...], mix: Mix | None = None) -> str:
    """Return one line an entry: name, alerts, likeliest diagnosis, the probability of any malignancy, p_MEL
    and so on, set, doubts, error.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    probabilities = [f"p_{code}" for code in codes]
    lines.writerow(
        ["name", "melanoma_alert", "malignancy_alert", "diagnosis", "malignancy", *probabilities]
        + ["prediction_set", "in_distribution"]
        + ["lesion_not_seen", "flags", "error"]
        + ([f"mix_{code}" for code in codes] if mix else [])
    )
    for entry in entries:
        known = entry.probabilities is not None
        values = (
            [f"{entry.probabilities[code]:.6f}" for code in codes]
            if entry.probabilities
            else [""] * len(codes)
        )
        lines.writerow(
            [spreadsheet_text(name_of(entry)), entry.alert if known else ""]
            + ["" if entry.malignancy_alert is None else entry.malignancy_alert, entry.diagnosis or ""]
            + [f"{entry.malignancy:.6f}" if known else "", *values]
            + ["; ".join(entry.prediction_set), entry.in_distribution if known else ""]
            + ["" if entry.lesion_not_seen is None else f"{entry.lesion_not_seen:.3f}"]
            + [spreadsheet_text("; ".join(entry.flags)), spreadsheet_text(str(entry.error or ""))]
            + ([f"{entry.in_mix[code]:.6f}" if entry.in_mix else "" for code in codes] if mix else [])
        )
    return written.getvalue()


def as_html(
    entries: list[Entry], bundle: Bundle, say: Say = english, language: str = "en", mix: Mix | None = None
) -> str:
    """Return the worklist as one HTML file in the reader's language, with embedded thumbnails.

    With a `mix` it shows the probabilities in it; the order and the alerts stay those of the bundle's own.
    """
    heads = [
        *(say("Photo"), say("Name"), say("Alert"), say("Any malignancy"), say("Melanoma")),
        *(say("Likeliest"), say("Possible"), say("Remarks")),
    ]
    body = _BODY.substitute(
        notice=escape(notice(bundle, say)),
        summary=escape(
            " ".join([summary(entries, say), *([shown_mix_words(mix, bundle, say)] if mix else [])])
        ),
        heads="".join(f"<th>{escape(head)}</th>" for head in heads),
        rows="\n".join(_row(entry, say) for entry in entries),
        model=escape(say("Model {name}, version {version}.", name=bundle.name, version=bundle.version)),
    )
    return offline_page(
        language, say("Worklist: alerts first, by the probability of any malignancy"), _STYLE, body
    )


def notice(bundle: Bundle, say: Say = english) -> str:
    """Return the warning that stands on every worklist."""
    sentence = say(
        "Not a diagnosis, and no photo here is an all-clear: the order only says what to look at first."
    )
    missed = missed_words(bundle, say)
    return f"{sentence} {missed}" if missed else sentence


def summary(entries: list[Entry], say: Say = english) -> str:
    """Return the numbers of photos, alerts, doubtful predictions and errors, in a sentence."""
    return say(
        "{count} photos: {alerts} with a melanoma alert, {others} with that for any skin cancer alone, "
        "{doubts} whose answer should be distrusted, {errors} that could not be read.",
        count=len(entries),
        alerts=sum(entry.alert for entry in entries),
        others=sum(entry.any_alert and not entry.alert for entry in entries),
        doubts=sum(entry.doubtful and entry.error is None for entry in entries),
        errors=sum(entry.error is not None for entry in entries),
    )


def alert_name(entry: Entry, say: Say = english) -> str:
    """Return which alert an entry has, the graver one; empty if none."""
    if entry.alert:
        return say("Melanoma")
    return say("Malignancy") if entry.malignancy_alert else ""


def name_of(entry: Entry, say: Say = english) -> str:
    """Return the file's name, with the frame's number for a photo after a file's first."""
    if (entry.frame or 1) == 1:
        return entry.name
    return say("{name}, frame {number}", name=entry.name, number=entry.frame)


def remarks(entry: Entry, say: Say = english) -> list[str]:
    """Return the sentences about an entry: its error, or the doubts about its photo."""
    if entry.error:
        return [entry.error.said(say)]
    return photo_doubts(entry.flags, entry.in_distribution, say)


def _row(entry: Entry, say: Say) -> str:
    picture = f'<img src="{entry.thumbnail_uri}" alt="">' if entry.thumbnail else ""
    alert = f"<strong>{escape(alert_name(entry, say))}</strong>" if entry.any_alert else ""
    known = entry.error is None
    melanoma, malignancy = entry.melanoma, entry.malignancy
    if entry.in_mix:
        melanoma = entry.in_mix["MEL"]
        malignancy = sum(value for code, value in entry.in_mix.items() if diagnosis_of(code).malignant)
    likeliest = escape(say(diagnosis_of(entry.diagnosis).name)) if entry.diagnosis else ""
    cells = (
        f"<td>{picture}</td>",
        f'<td class="name">{escape(name_of(entry, say))}</td>',
        f"<td>{alert}</td>",
        f'<td class="number">{say("{value:.1%}", value=malignancy) if known else ""}</td>',
        f'<td class="number">{say("{value:.1%}", value=melanoma) if known else ""}</td>',
        f"<td>{likeliest}</td>",
        f"<td>{escape(', '.join(entry.prediction_set))}</td>",
        f"<td>{escape(' '.join(remarks(entry, say)))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"
