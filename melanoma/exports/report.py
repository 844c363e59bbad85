"""One case as a self-contained HTML file in the reader's language, printed on one page where it fits.

It has no scripts, fonts or pictures from elsewhere, and nothing of the photo's file but its pixels.
"""

from html import escape
from string import Template

import numpy as np

from melanoma.diagnoses import diagnosis_of
from melanoma.exports.case import ExportedCase
from melanoma.exports.offline_html import offline_page
from melanoma.exports.overlay import scale_picture, whole_photo
from melanoma.measures.interpretation import Verdict, verdict_words
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import (
    MALIGNANT_MARK,
    marked_name,
    seen_words,
)
from melanoma.model.joint_wording import (
    disagreement,
    how_joined,
    is_grave_together,
    joint_alert_words,
)
from melanoma.model.verdict_wording import alert_words, is_grave, likeliest_words, mix_words, set_words
from melanoma.photos.encoding import as_jpeg, as_png, data_uri
from melanoma.phrases import Say, english

_PICTURE_QUALITY = 88  # of the JPEGs; artefacts are invisible in print
_SCALE_WIDTH = 400  # pixels, about as wide as it is shown, so that its numbers are as large as the text
_WHOLE = (240, 120)  # pixels, width and height at most, of the whole photo below its square

_STYLE = """@page { size: A4; margin: 11mm 14mm }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; color: #0b161c; background: #fff; max-width: 60rem;
  margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .3rem }
h2 { font-size: 1.1rem; margin: 1.2rem 0 .4rem; break-after: avoid }
p, ul { margin: .4rem 0 }
.box { border-left: 6px solid #0b6472; background: #f3f7f8; padding: .5rem .8rem; margin: .6rem 0 }
.alert { border-color: #b3261e; background: #fdf0ef }
.doubt { border-color: #9a6700; background: #fff8e5 }
.pictures { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start }
figure { margin: 0; break-inside: avoid }
figure { max-width: 95mm }
figure > img, .stack img { width: 100%; display: block }
figcaption.with-whole { display: flex; gap: .6rem; align-items: start; margin-top: .4rem }
figcaption img.whole { max-width: 45%; height: auto }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.4rem; align-items: start }
.stack { position: relative }
.stack .map { position: absolute; inset: 0; transition: clip-path .4s }
figure:has(.wipe-half:checked) .map { clip-path: inset(0 0 0 50%) }
figure:has(.wipe-photo:checked) .map { clip-path: inset(0 0 0 100%) }
figure label { margin-right: 1rem; white-space: nowrap }
fieldset { border: 0; padding: 0; margin: .3rem 0 }
figcaption, small { font-size: .85rem; color: #46525a }
table { border-collapse: collapse; width: 100%; break-inside: avoid }
th, td { text-align: left; padding: .2rem .5rem .2rem 0; vertical-align: top; font-weight: normal }
tr.possible th { font-weight: bold }
.likeliest { font-size: 1.1rem }
td.number { text-align: right; white-space: nowrap; width: 5rem }
.bar { height: .9rem; min-width: 1px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
.facts th { white-space: nowrap; color: #46525a; padding-right: 1rem }
@media screen and (max-width: 40rem) { .pictures, .columns { grid-template-columns: 1fr } }
@media (prefers-reduced-motion: reduce) { .stack .map { transition: none } }
@media print { html, body { font-size: 8.5pt }
  body { line-height: 1.3; padding: 0; max-width: none }
  h1 { font-size: 13pt } h2 { font-size: 10.5pt; margin: .7rem 0 .2rem }
  .likeliest { font-size: 10.5pt }
  .box { padding: .3rem .6rem; margin: .4rem 0 } p, ul { margin: .2rem 0 }
  th, td { padding: .1rem .4rem .1rem 0 } .bar { height: .7rem } .pictures figure { max-width: 76mm }
  .stack .map { clip-path: none !important }
  fieldset { display: none } }"""
_BODY = Template("""$notices
<div class="box $alert_class"><p class="likeliest"><strong>$headline</strong> $plain</p>$alerts</div>
$doubts
<div class="pictures">$pictures</div>
<div class="columns">
<div><h2>$answer</h2>
<table>$bars</table>
<p><small>$bars_note</small></p></div>
<div><h2>$why</h2>
$reasons
<h2>$limits_title</h2>
<ul>$limits</ul></div>
</div>
<h2>$facts_title</h2>
<table class="facts">$facts</table>""")


def case_report(
    case: ExportedCase,
    map_title: str,
    map_words: str,
    limits: tuple[str, ...] = (),
    say: Say = english,
    language: str = "en",
) -> str:
    """Return the report, HTML.

    `map_title` and `map_words` say what the map is and shows, `limits` are further sentences on what the
    answer is worth; all are plain text in the language that `say` speaks.
    """
    distrust = case.lesion.doubts(case.prediction, say)
    body = _BODY.substitute(
        notices="".join(f'<p class="box">{escape(note)}</p>' for note in _notices(case, say)),
        alert_class="alert" if is_grave(case.prediction) else "",
        headline=escape(likeliest_words(case.prediction, say)),
        plain=escape(say(diagnosis_of(case.prediction.diagnosis).plain)),
        alerts="".join(
            f"<p><strong>{escape(headline)}</strong> {escape(reason)}</p>"
            for headline, reason in alert_words(case.prediction, case.bundle, say)
        ),
        doubts=_doubts(distrust, say) + _together(case, say),
        pictures=_photo(case, say) + _map(case, map_title, say),
        answer=escape(say("The answer")),
        bars="".join(_bar(case, code, value, say) for code, value in case.prediction.ranked),
        bars_note=escape(
            f"{MALIGNANT_MARK} "
            + say("malignant, or may become so. Bold: in the set of possible diagnoses.")
            + " "
            + set_words(case.prediction, case.bundle, say)
            + " "
            + mix_words(case.bundle, say)
        ),
        why=escape(say("Why")),
        reasons=f"<p>{escape(map_words)}</p>" + _measured(case, say),
        facts_title=escape(say("How it was made")),
        facts=_facts(case, say),
        limits_title=escape(say("What to keep in mind")),
        limits="".join(f"<li>{escape(limit)}</li>" for limit in (*_limits(case, say), *limits)),
    )
    return offline_page(language, say("What the network saw in one photo"), _STYLE, body)


def _notices(case: ExportedCase, say: Say) -> list[str]:
    notices = [
        say(
            "Not a diagnosis. This report shows how a small neural network decides. It misses melanomas. "
            "Whatever it says, let a dermatologist look at a lesion that is new, changing or worrying."
        )
    ]
    if case.drawn:
        notices.append(say("The network never learned from drawings: its answer here means nothing."))
    return notices


def _doubts(found: list[str], say: Say) -> str:
    if not found:
        return ""
    words = escape(" ".join(found))
    return f'<div class="box doubt"><strong>{escape(say("Distrust this answer."))}</strong> {words}</div>'


def _together(case: ExportedCase, say: Say) -> str:
    """Return the joint answer to several photos of the lesion, alerts of any one first; empty without."""
    joint = case.joint
    if joint is None:
        return ""
    heading = f"{say('{count} photos together.', count=len(joint.of_photos))} {likeliest_words(joint, say)}"
    words = joint_alert_words(joint, case.named, case.bundle, say)
    words += [("", sentence) for sentence in (*disagreement(joint, case.named, say), how_joined(joint, say))]
    sentences = "".join(
        f"<p><strong>{escape(headline)}</strong> {escape(reason)}</p>" for headline, reason in words
    )
    style = "alert" if is_grave_together(joint) else ""
    return f'<div class="box {style}"><p><strong>{escape(heading)}</strong></p>{sentences}</div>'


def _photo(case: ExportedCase, say: Say) -> str:
    """Return the square that the network saw, and the whole photo small if that is more."""
    geometry = case.prediction.geometry
    name = say("A drawing, not a photo") if case.drawn else say("The photo")
    square, whole, told = _picture("jpeg", case.overlay.square(), name), "", [name]
    if geometry.crops:
        told.append(say("The frame is what the network saw.").removesuffix("."))
        whole = _picture("jpeg", whole_photo(case.photo, geometry, _WHOLE), ". ".join(told), "whole")
    caption = ". ".join([*told, case.credit] if case.credit else told)
    return (
        f'<figure>{square}<figcaption class="with-whole">{whole}<span>{escape(caption)}</span></figcaption>'
        "</figure>"
    )


def _map(case: ExportedCase, title: str, say: Say) -> str:
    """Return the map over the same square, its scale, and the wipe between the two."""
    overlay = case.overlay
    stack = _picture("jpeg", overlay.square(), "") + _picture("jpeg", overlay.picture(), title, "map")
    scale = _picture("png", scale_picture(overlay.limit, overlay.signed, _SCALE_WIDTH), case.unit)
    choices = ((say("Map"), "wipe-map"), (say("Half and half"), "wipe-half"), (say("Photo"), "wipe-photo"))
    wipe = "".join(
        f'<label><input type="radio" name="wipe" class="{kind}"{" checked" * (kind == "wipe-map")}> '
        f"{escape(words)}</label>"
        for words, kind in choices
    )
    return (
        f'<figure><div class="stack">{stack}</div>{scale}'
        f"<figcaption>{escape(title)}<br>{escape(case.unit)}</figcaption>"
        f'<fieldset aria-label="{escape(say("What is shown"))}">{wipe}</fieldset></figure>'
    )


def _picture(kind: str, pixels: np.ndarray, words: str, style: str = "") -> str:
    content = as_jpeg(pixels, _PICTURE_QUALITY) if kind == "jpeg" else as_png(pixels)
    return f'<img src="{data_uri(content, kind)}" alt="{escape(words)}" class="{style}">'


def _bar(case: ExportedCase, code: str, value: float, say: Say) -> str:
    possible = ' class="possible"' if code in case.prediction.prediction_set else ""
    return (
        f'<tr{possible}><th scope="row">{escape(marked_name(code, say))}</th>'
        f'<td class="number">{say("{value:.1%}", value=value)}</td>'
        '<td style="width:40%">'
        f'<div class="bar" style="width:{value:.2%};background:{diagnosis_of(code).colour}"></div></td>'
        "</tr>"
    )


def _measured(case: ExportedCase, say: Say) -> str:
    if not case.measures:
        return ""
    verdict = verdict_words(Verdict(case.measures["verdict"]), say)
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in case.measures["sentences"])
    return f"<p><strong>{escape(verdict)}</strong></p>" + (f"<ul>{items}</ul>" if items else "")


def _facts(case: ExportedCase, say: Say) -> str:
    bundle, geometry = case.bundle, case.prediction.geometry
    settings = ", ".join(f"{name} {value}" for name, value in case.settings.items()) or say("none")
    rows = {
        say("Model"): f"{bundle.name}, {say('version')} {bundle.version}, {bundle.created[:10]}",
        say("Photo"): say(
            "{width} x {height} pixels, of which a square of {side}, resized to {size}",
            width=geometry.width,
            height=geometry.height,
            side=geometry.side,
            size=geometry.size,
        )
        + (f". {seen_words(case.lesion.not_seen, say)}" if geometry.crops else "")
        + (f". {_cropped(case, say)}" if case.crop else ""),
        say("Map"): f"{case.method} ({case.code}), {case.heatmap.shape[1]} x {case.heatmap.shape[0]}",
        say("Settings"): settings,
        say("Outline"): _outline(case.lesion, say),
    }
    return "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows.items()
    )


def _cropped(case: ExportedCase, say: Say) -> str:
    width, height = case.cut_from
    return say("Cut out of a photo of {width} x {height} pixels.", width=width, height=height)


def _outline(lesion: LesionInView, say: Say) -> str:
    if lesion.by_hand:
        return say("drawn by hand")
    if lesion.contours:
        return say("found, {confidence:.0%} sure", confidence=lesion.confidence)
    return say("none found")


def _limits(case: ExportedCase, say: Say) -> list[str]:
    figures = case.bundle.figures
    limits = []
    if "alert_sensitivity" in figures and "alert_specificity" in figures:
        limits.append(
            say(
                "In its test on {images} photos the melanoma alert found {found:.0%} of the melanomas "
                "({low:.0%} to {high:.0%}, 95% interval) and stayed silent at {silent:.0%} of the other "
                "lesions.",
                images=figures["images"],
                found=figures["alert_sensitivity"]["value"],
                low=figures["alert_sensitivity"]["low"],
                high=figures["alert_sensitivity"]["high"],
                silent=figures["alert_specificity"]["value"],
            )
        )
    limits.append(
        say(
            "The network knows {count} diagnoses; a lesion that is none of them still gets one of them.",
            count=len(case.bundle.codes),
        )
    )
    limits.append(
        say("A heatmap shows what the network used, which need not be what a doctor should look at.")
    )
    return limits
