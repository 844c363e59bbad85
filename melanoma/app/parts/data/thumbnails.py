"""Pictures that lie in two folders, where the operator has the set; none are in the repository."""

import os
from pathlib import Path

import streamlit as st

from melanoma.app.parts.shared.decoder import DECODER
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say
from melanoma.errors import UserError
from melanoma.photos.reading import read_bytes

FOLDER = "MELANOMA_TUTORIAL_IMAGES"
"""Environment variable with which the operator names the set, a folder with `Train`."""
_PAIRS = (("SK", "MEL", "seborrheic keratosis", "melanoma"), ("NV", "AK", "nevus", "actinic keratosis"))
_SHOWN = 6
_WIDTH = 110  # pixels


def show_pictures_in_both() -> None:
    """Draw the first pictures of each pair of folders, if the operator has them."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    for one, other, first, second in _PAIRS:
        files = _in_both(Path(folder) / "Train" / first, Path(folder) / "Train" / second)
        if not files:
            continue
        st.caption(
            say(
                "The same pictures lie in “{one}” and in “{other}”:",
                one=diagnosis_name(one),
                other=diagnosis_name(other),
            )
        )
        with st.container(horizontal=True, gap="small"):
            for file in files[:_SHOWN]:
                try:
                    pixels = DECODER.read(read_bytes(file), file.name)
                    st.image(pixels, width=_WIDTH, alt=file.stem, caption=file.stem)
                except UserError as error:
                    st.caption(error.sentence.renamed(str(file.parent), "").said(say))


def _in_both(first: Path, second: Path) -> list[Path]:
    """Return the files of `first` whose content is a file of the same name in `second`, sorted."""
    if not first.is_dir():
        return []
    named = ((file, second / file.name) for file in sorted(first.iterdir()))
    return [file for file, twin in named if twin.is_file() and twin.read_bytes() == file.read_bytes()]
