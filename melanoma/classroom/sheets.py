"""A lesson on paper: the teacher's plan, the worksheet and its answers, as HTML of two printed pages each.

The files hold no scripts, fonts or pictures from elsewhere (`exports.offline_html`).
"""

from collections.abc import Callable, Sequence
from html import escape

from melanoma.classroom.plans import MINUTES, Timed
from melanoma.classroom.scenes import Scene
from melanoma.exports.offline_html import offline_page
from melanoma.exports.qr import qr_data_uri
from melanoma.phrases import Say

Address = Callable[[Scene], str]
"""A scene -> the address that opens it."""

_STYLE = """@page { size: A4; margin: 14mm 15mm; }
* { box-sizing: border-box; }
body { max-width: 46rem; margin: 0 auto; padding: 1rem; color: #111; background: #fff;
  font: 11pt/1.4 "Source Sans 3", "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
h1 { margin: 0 0 4pt; font-size: 17pt; }
h2 { margin: 0; font-size: 12pt; }
p { margin: 3pt 0; }
a { color: #0b6472; overflow-wrap: anywhere; }
.notice { margin: 0 0 8pt; color: #444; font-size: 9.5pt; }
.page + .page { break-before: page; }
.scene { display: grid; grid-template-columns: minmax(0, 1fr) 27mm; gap: 2pt 10pt; margin: 0 0 9pt;
  padding-top: 6pt; border-top: 1px solid #999; break-inside: avoid; }
.scene > * { grid-column: 1; }
.scene > img { grid-column: 2; grid-row: 1 / span 8; width: 27mm; height: 27mm; }
.address { font-size: 8.5pt; }
.line { height: 20pt; border-bottom: 1px solid #999; }
.answer { padding: 2pt 6pt; border-left: 3px solid #0b84a5; background: #eef5f6; }
@media print { body { max-width: none; padding: 0; } }"""


def plan_sheet(plan: Sequence[Timed], title: str, say: Say, language: str, address: Address) -> str:
    """Return the teacher's plan as an HTML file."""

    def told(timed: Timed) -> str:
        scene = timed.scene
        rows = (
            (say("Ask"), scene.ask),
            (say("The class will say"), scene.expect),
            (say("The surprise"), scene.surprise),
        )
        words = "".join(f"<p><b>{escape(name)}:</b> {escape(text)}</p>" for name, text in rows)
        return _scene(f"{minutes(timed, say)}: {scene.title}", words, address(scene))

    notice = say(
        "{minutes} minutes. Every figure is of the network in use. Never a diagnosis.", minutes=MINUTES
    )
    return offline_page(language, title, _STYLE, _on_pages([told(timed) for timed in plan], notice))


def worksheet(
    plan: Sequence[Timed], title: str, say: Say, language: str, address: Address, answers: bool = False
) -> str:
    """Return the students' worksheet as an HTML file, or with `answers` the sheet of answers."""
    number = 0
    scenes = []
    for timed in plan:
        words = ""
        for question in timed.scene.questions:
            number += 1
            words += f"<p><b>{number}.</b> {escape(question.text)}</p>"
            words += (
                f'<p class="answer">{escape(question.answer)}</p>'
                if answers
                else '<div class="line"></div><div class="line"></div>'
            )
        if words:
            scenes.append(_scene(timed.scene.title, words, address(timed.scene)))
    notice = (
        say("Answers by the figures of the network in use.")
        if answers
        else say("Open each page by its code or address; all answers stand there. Never a diagnosis.")
    )
    return offline_page(language, title, _STYLE, _on_pages(scenes, notice))


def minutes(timed: Timed, say: Say) -> str:
    """Return when a scene is, such as “minutes 9 to 15”."""
    return say("Minutes {begin} to {end}", begin=timed.begin, end=timed.end)


def _scene(title: str, words: str, address: str) -> str:
    code = f'<img src="{qr_data_uri(address)}" alt="">' if "://" in address else ""
    link = f'<p class="address"><a href="{escape(address)}">{escape(address)}</a></p>'
    return f'<section class="scene">{code}<h2>{escape(title)}</h2>{link}{words}</section>'


def _on_pages(scenes: Sequence[str], notice: str) -> str:
    """Return the scenes on two pages, as many on each; the first has one more of an odd number."""
    half = -(-len(scenes) // 2)
    pages = [f'<p class="notice">{escape(notice)}</p>' + "".join(scenes[:half]), "".join(scenes[half:])]
    return "".join(f'<div class="page">{page}</div>' for page in pages if page)
