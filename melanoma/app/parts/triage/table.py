"""A worklist on the page: filters, the table and the files to take away."""

from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st

from melanoma.app.parts.shared.language import format_number, language, say, translator
from melanoma.app.parts.triage.opening import open_in_examine
from melanoma.batch.triage import Entry
from melanoma.batch.worklist import alert_name, as_csv, as_html, name_of, remarks
from melanoma.diagnoses import diagnosis_of
from melanoma.model.bundle import Bundle

SHOWN = 200
"""Rows on the page: each brings a picture, and the files hold them all."""
SHOWN_AS_CARDS = 40
"""Of them on a phone, which shows cards for the table's rows."""
_ROW = 64  # pixels, so that a thumbnail shows a lesion
_ALL, _ALERTS, _DOUBTS, _ERRORS = "all", "alerts", "doubts", "errors"


def show_worklist(entries: list[Entry], file_of: Callable[[Entry], bytes | None]) -> None:
    """Draw the filters and the table; a row whose file was kept opens its photo on the page Examine."""
    titles = {
        _ALL: say("All"),
        _ALERTS: say("Alerts"),
        _DOUBTS: say("Distrust"),
        _ERRORS: say("Not read"),
    }
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    which = left.segmented_control(
        say("Show"),
        list(titles),
        default=_ALL,
        required=True,
        format_func=titles.__getitem__,
        key="triage-show",
    )
    wanted = right.text_input(say("Name contains"), key="triage-name")
    chosen = [
        entry for entry in entries if _fits(entry, which) and wanted.lower() in name_of(entry, say).lower()
    ]
    if not chosen:
        st.info(say("No photo fits this filter. Choose “All” to see the whole list."))
        return
    with st.container(key="triage-cards"):
        for number, entry in enumerate(chosen[:SHOWN_AS_CARDS]):
            st.html(_card(entry))
            if (content := file_of(entry)) is not None and st.button(
                say("Open in Examine"), key=f"triage-open-{number}", icon=":material/arrow_forward:"
            ):
                open_in_examine(entry, content)
        if len(chosen) > SHOWN_AS_CARDS:
            st.caption(
                say(
                    "The first {shown} of {count}; the files below hold all.",
                    shown=SHOWN_AS_CARDS,
                    count=len(chosen),
                )
            )
    with st.container(key="triage-table-help"):
        st.caption(say("Tick a row to open its photo on the page Examine."))
    ticked = st.dataframe(
        _table(chosen[:SHOWN]),
        hide_index=True,
        row_height=_ROW,
        height=min(_ROW * (len(chosen[:SHOWN]) + 1), 640),
        column_config={
            "photo": st.column_config.ImageColumn(say("Photo"), width="small"),
            "name": st.column_config.TextColumn(say("Name")),
            "alert": st.column_config.TextColumn(say("Alert"), width="small"),
            "malignancy": st.column_config.ProgressColumn(
                say("Any malignancy"), min_value=0.0, max_value=1.0, format="percent"
            ),
            "melanoma": st.column_config.ProgressColumn(
                say("Melanoma"), min_value=0.0, max_value=1.0, format="percent"
            ),
            "likeliest": st.column_config.TextColumn(say("Likeliest")),
            "possible": st.column_config.TextColumn(say("Possible")),
            "remarks": st.column_config.TextColumn(say("Remarks"), width="large"),
        },
        key="triage-table",
        on_select="rerun",
        selection_mode="single-row",
    )
    for row in ticked.selection.rows[:1]:
        _open_row(chosen[row], file_of)
    if len(chosen) > SHOWN:
        st.caption(
            say("The first {shown} of {count}; the files below hold all.", shown=SHOWN, count=len(chosen))
        )


def _open_row(entry: Entry, file_of: Callable[[Entry], bytes | None]) -> None:
    content = file_of(entry)
    if content is not None:
        open_in_examine(entry, content)
    elif entry.error is not None:
        st.info(say("This file could not be read, so there is nothing to open."))
    else:
        st.info(
            say(
                "This photo is no longer here: of a long list the most urgent are kept, and of files of one "
                "name none. Give it to the page Examine to see why the network says so."
            )
        )


def offer_files(entries: list[Entry], bundle: Bundle) -> None:
    """Draw the buttons that save the whole list; a file is made when its button is pressed."""
    html, table = st.columns(2)
    code = language()
    spoken = translator(code)  # the files are made outside this run, where no language is known
    html.download_button(
        say("Worklist to print (HTML)"),
        lambda: as_html(entries, bundle, spoken, code),
        file_name="worklist.html",
        mime="text/html",
        on_click="ignore",
        icon=":material/print:",
        width="stretch",
    )
    table.download_button(
        say("Numbers (CSV)"),
        lambda: as_csv(entries, bundle.codes).encode("utf-8-sig"),  # spreadsheets know UTF-8 by this mark
        file_name="worklist.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/table:",
        width="stretch",
    )


def _fits(entry: Entry, which: str | None) -> bool:
    return {
        _ALERTS: entry.any_alert,
        _DOUBTS: entry.doubtful and entry.error is None,
        _ERRORS: entry.error is not None,
    }.get(which or _ALL, True)


def _card(entry: Entry) -> str:
    """Return a row as a card, HTML; all text is shown letter by letter."""
    lines = [f"<strong>{escape(name_of(entry, say))}</strong>"]
    if entry.any_alert:
        lines.append(f"▲ {escape(alert_name(entry, say))}")
    if entry.diagnosis:
        lines.append(f"{escape(say('Likeliest'))}: {escape(say(diagnosis_of(entry.diagnosis).name))}")
        for title, value in ((say("Any malignancy"), entry.malignancy), (say("Melanoma"), entry.melanoma)):
            lines.append(f"{escape(title)}: {format_number(value, '.1%')}")
    lines += [escape(remark) for remark in remarks(entry, say)]
    picture = f'<img alt="" src="{escape(entry.thumbnail_uri)}">' if entry.thumbnail_uri else "<span></span>"
    return f'<div class="card">{picture}<div>{"<br>".join(lines)}</div></div>'


def _table(entries: list[Entry]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "photo": [entry.thumbnail_uri for entry in entries],
            "name": [name_of(entry, say) for entry in entries],
            "alert": [f"▲ {alert_name(entry, say)}" if entry.any_alert else "" for entry in entries],
            "malignancy": [entry.malignancy for entry in entries],
            "melanoma": [entry.melanoma for entry in entries],
            "likeliest": [
                say(diagnosis_of(entry.diagnosis).name) if entry.diagnosis else "" for entry in entries
            ],
            "possible": [", ".join(entry.prediction_set) for entry in entries],
            "remarks": [" ".join(remarks(entry, say)) for entry in entries],
        }
    )
