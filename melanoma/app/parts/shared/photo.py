"""Choosing a photo, on the page Examine at length and on the others in one line."""

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from melanoma.app.parts.shared.crops import crop_problem, take_crop_off
from melanoma.app.parts.shared.decoder import DECODER
from melanoma.app.parts.shared.error_messages import fragment, sentence_of
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.gallery import (
    MOST_PHOTOS,
    OWN,
    add_photos,
    arrived_of_link,
    choose,
    current_photo,
    forget,
    missing_from_link,
    photos,
)
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.model import chosen_bundle
from melanoma.app.parts.shared.samples import SAMPLES, Photo, example_photos, sample, title_of
from melanoma.app.parts.shared.server import release_upload, widget_number_on_page
from melanoma.app.parts.shared.uploader import show_uploader
from melanoma.app.server_metrics import METRICS
from melanoma.diagnoses import diagnosis_of
from melanoma.model.alert_wording import within_sentence
from melanoma.model.bundle import Bundle
from melanoma.photos.examples import IDS
from melanoma.photos.formats import KINDS
from melanoma.photos.reading import MAX_BYTES
from melanoma.photos.recognition import HEAD, PassedOver, is_system_file
from melanoma.phrases import Sentence

__all__ = ["Photo", "choose_photo", "current_photo", "go_to_answer", "photo_bar", "watch_for_examples"]

_PROBLEMS, _UPLOADS, _PICTURE = "photo-problems", "uploads", "camera-picture"
_NOTES, _CAMERA, _ARRIVED = "photo-notes", "camera-open", "photo-arrived"
_LOOK_AGAIN, _LOOK_SELDOM = 2.0, 15.0  # seconds, while real photos come and after some did not
_MOST_NAME = 40  # characters of what a link names
_MOST_PROBLEMS = 4  # sentences at once; more would push the result out of view
_GO_TO_ANSWER = """<script>
{
    const verdict = document.querySelector(".st-key-verdict");
    verdict?.scrollIntoView({ block: "nearest" });
}
</script>"""
_THUMBNAIL = 64  # pixels


def choose_photo(offer: Callable[[Photo], None]) -> Photo:
    """Draw in one row the upload, the camera, thumbnails, and what is known of the photo in view; return it.

    `offer` draws what can be done with it. A file that cannot be used gets its sentence and changes nothing.
    """
    with st.container(key="photos-in-a-row"):
        _draw_sources()
        photo = current_photo()
        _draw_strip(photo)
        with st.container(key="about-photo"):
            _describe_at_length(photo)
            _draw_crop(photo)
            offer(photo)
    _draw_problems()
    watch_for_examples()
    return photo


def _show_photo_of_link(photo: Photo) -> None:
    """Say that the photo of the visitor's link is not here, or offer it if it has come meanwhile."""
    if missing := missing_from_link():
        st.caption(words_of_missing(missing))
    elif (arrived := arrived_of_link()) and arrived.key != photo.key:
        st.button(
            say("The photo of your link has come: show it"),
            icon=":material/image:",
            on_click=choose,
            args=(arrived.key,),
        )


def _describe_at_length(photo: Photo) -> None:
    _show_photo_of_link(photo)
    if photo.drawn:
        if example_photos():
            return
        if EXAMPLES.pending:
            st.caption(say("Drawings, until the real photos have come from the ISIC Archive."))
        else:
            st.caption(say("Drawings stand in for the real photos, which cannot be had here just now."))
        return
    if photo.example is not None:
        st.caption(
            f"**{say('True diagnosis: {name}.', name=within_sentence(photo.example.diagnosis, say))}** "
            f"{_fitted_words(photo)} {escape_markdown(photo.credit)}"
        )
        return
    name = f": {escape_markdown(photo.name)}" if photo.name else ""
    st.caption(f"**{describe(photo)}**{name}")
    st.button(
        say("Take this photo away"),
        icon=":material/delete:",
        type="tertiary",
        on_click=forget,
        args=(photo.file_key,),
    )


def _draw_crop(photo: Photo) -> None:
    """Say of a cropped photo that it is one, with the way back, and what was wrong with a link's square."""
    if problem := crop_problem(photo.file_key):
        st.caption(problem.said(say))
    if photo.whole is None:
        return
    width, height = whole_size(photo)
    st.caption(
        say(
            "**Cropped** to a square of {side} of its {width} x {height} pixels.",
            side=photo.pixels.shape[0],
            width=width,
            height=height,
        )
    )
    st.button(
        say("Whole photo again"),
        key="take-crop-off",
        icon=":material/undo:",
        type="tertiary",
        on_click=take_crop_off,
        args=(photo.file_key,),
    )


def words_of_missing(name: str) -> str:
    """Return a sentence, Markdown, on a photo that a link names and that is not here."""
    if name.startswith(OWN):
        return say(
            "The photo of this link was brought by a visitor: no link holds such a photo, and it is not here "
            "any more. Give it again to see it."
        )
    return say(
        "The photo of this link, {name}, is not here: it has not come from the ISIC Archive, or it is no "
        "example.",
        name=escape_markdown(name[:_MOST_NAME]),
    )


def go_to_answer() -> None:
    """Bring the verdict into view if a photo has just come: on a phone it may lie above or below."""
    if st.session_state.pop(_ARRIVED, False):
        st.html(_GO_TO_ANSWER, unsafe_allow_javascript=True)


def photo_bar() -> Photo:
    """Draw the photo in view in one line, with a way to another one; return it."""
    photo = current_photo()
    with st.container(horizontal=True, vertical_alignment="center", key="photo-bar"):
        st.image(photo.thumbnail, width=_THUMBNAIL, alt=describe(photo))
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(f"**{describe(photo)}**")
            _show_photo_of_link(photo)
            if photo.drawn:
                st.caption(say("The network never learned from drawings: its answer here means nothing."))
            elif photo.example is not None:
                st.caption(f"{_fitted_words(photo)} {escape_markdown(photo.credit)}")
            _draw_crop(photo)
        with st.popover(say("Another photo"), icon=":material/add_photo_alternate:"):
            _draw_sources()
            _draw_strip(photo)
    _draw_problems()
    watch_for_examples()
    return photo


def describe(photo: Photo) -> str:
    """Return in words what is in view, without the file's name."""
    if photo.drawn:
        return say("A drawing, not a photo: {title}", title=title_of(photo.file_key))
    if photo.example is not None:
        return say("A photo of the ISIC Archive: {name}", name=_truth_of(photo))
    return say("Your photo {number}", number=photo.number)


def whole_size(photo: Photo) -> tuple[int, int]:
    """Return width and height, pixels, of a photo as it came, before it was cropped."""
    height, width = (photo.whole or photo).pixels.shape[:2]
    return width, height


def _truth_of(photo: Photo) -> str:
    return say(diagnosis_of(photo.example.diagnosis).name) if photo.example else ""


def _fitted_words(photo: Photo) -> str:
    """Return whether the network learned from an example; empty where its bundle does not say."""
    side = _sides(chosen_bundle(), chosen_bundle().version).get(photo.file_key)
    if side is None:
        return ""
    if side == "test":
        return say("The network never learned from it.")
    return say("The network has seen this photo before, so its answer proves nothing.")


# No ttl: the files of a bundle's version never change.
@st.cache_resource(max_entries=3, show_spinner=False)
def _sides(_bundle: Bundle, version: str) -> dict[str, str]:
    """Return on which side of the split each example lies, as far as the bundle says."""
    if "split.parquet" not in _bundle.files:
        return {}
    split = _bundle.load_split()
    found = split[split["image_id"].isin([isic_id for isic_id, _ in IDS])]
    return dict(zip(found["image_id"], found["split"], strict=True))


def watch_for_examples() -> None:
    """Draw the page anew when more real photos have come, as long as they are being fetched."""
    if EXAMPLES.gathering:
        seen, pending = len(example_photos()), EXAMPLES.pending
        every = _LOOK_AGAIN if pending else _LOOK_SELDOM
        fragment(lambda: _redraw_if_changed(seen, pending), run_every=every)()


def _redraw_if_changed(seen: int, pending: bool) -> None:
    if (len(example_photos()), EXAMPLES.pending) != (seen, pending):
        st.rerun()


def _draw_sources() -> None:
    """Draw the uploader and the camera's button, which has the camera only while it is open."""
    with st.container(key="photo-sources", gap="xsmall"):
        _draw_uploader()
        camera = st.popover(say("Camera"), icon=":material/photo_camera:", key=_CAMERA, on_change="rerun")
        if camera.open:
            with camera:
                _draw_camera()


def _draw_camera() -> None:
    picture = st.camera_input(
        say("Take a photo through the dermatoscope"),
        key="camera",
        resolution="1080p",  # by default a picture is as small as its place on the page
        on_change=_store_uploads,
        args=("camera",),
    )
    if picture is not None and picture.file_id != st.session_state.get(_PICTURE):
        _store_uploads_of_stale_page("camera")


def _draw_uploader() -> None:
    # A new uploader after each file: an uploader that still holds one first reports that it is gone, and
    # the drawing would flash up between two photos.
    if _UPLOADS not in st.session_state:
        st.session_state[_UPLOADS] = widget_number_on_page("upload")
        if st.session_state[_UPLOADS]:
            st.session_state[_PROBLEMS] = [
                Sentence("The photos from before are gone: the server does not keep them. Give them again.")
            ]
    widget = f"upload-{st.session_state[_UPLOADS]}"
    given = show_uploader(
        say("Dermoscopic photos of one lesion each, in the middle of the picture"),
        {tuple(kind.name for kind in KINDS): MAX_BYTES // 1024**2},
        widget,
        accept_multiple_files=True,
        on_change=_store_uploads,
        args=(widget,),
    )
    if given:
        _store_uploads_of_stale_page(widget)


def _store_uploads_of_stale_page(widget: str) -> None:
    """Store the files of a control that this session had not drawn, so that its callback was not called."""
    earlier = st.session_state.get(_PROBLEMS, [])
    _store_uploads(widget)
    st.session_state[_PROBLEMS] = earlier + st.session_state[_PROBLEMS]
    st.rerun()


def _draw_problems() -> None:
    if problems := st.session_state.get(_PROBLEMS):
        sentences = "  \n".join(escape_markdown(problem.said(say)) for problem in problems)
        st.error(sentences, icon=":material/broken_image:")
    for note in st.session_state.get(_NOTES, ()):
        st.info(escape_markdown(note.said(say)), icon=":material/info:")


def _draw_strip(current: Photo) -> None:
    """Draw thumbnails of the visitor's photos and of the drawings, each a button that shows it."""
    with st.container(horizontal=True, wrap=False, gap="xsmall", key="strip"):
        for photo in photos():
            _draw_thumbnail(photo, say("Photo {number}", number=photo.number), current)
        real = example_photos()
        for photo in real:
            _draw_thumbnail(photo, _truth_of(photo), current)
        for name in () if real and not current.drawn else SAMPLES:
            _draw_thumbnail(sample(name), title_of(name), current)


def _draw_thumbnail(photo: Photo, label: str, current: Photo) -> None:
    shown = photo.key == current.file_key
    with st.container(width=_THUMBNAIL + 8, gap=None, key=f"thumbnail-{photo.key}"):
        st.image(photo.thumbnail, width=_THUMBNAIL, alt="")
        st.button(
            label,
            key=f"show-{photo.key}",
            type="primary" if shown else "tertiary",
            help=escape_markdown(photo.name) if photo.name and photo.own else label,
            on_click=choose,
            args=(photo.key,),
        )


def _store_uploads(widget: str) -> None:
    """Read the files that an uploader or the camera was given, and store the photos: their callback."""
    given = st.session_state[widget]
    if not given:  # the camera was cleared for another picture
        return
    # Beside what arrived, an older page names what it had sent before its server was started anew.
    named = given if isinstance(given, list) else [given]
    files = [file for file in named if isinstance(file, UploadedFile)]
    if widget == "camera":
        st.session_state[_PICTURE] = given.file_id
        st.session_state[_CAMERA] = False
    else:
        st.session_state[_UPLOADS] += 1
    new: list[Photo] = []
    problems: list[Sentence] = []
    passed_over = PassedOver()
    for file in files[:MOST_PHOTOS]:
        name = say("The camera's picture") if widget == "camera" else file.name
        release_upload(file)
        if widget != "camera" and is_system_file(PurePosixPath(name), file.getvalue()[:HEAD]):
            passed_over.add(name)
            continue
        try:
            with METRICS.timed("photo opened"):
                content = file.getvalue()
                pixels = DECODER.read(content, name)
        except Exception as error:
            if (sentence := sentence_of(error)) is None:
                raise
            problems.append(sentence)
        else:
            key = hashlib.sha256(content).hexdigest()
            new.append(Photo(pixels, key, drawn=False, name="" if widget == "camera" else name))
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [Sentence("{more} more files cannot be read.", more=more)]
    if sentence := passed_over.sentence():
        problems.append(sentence)
    if len(files) > MOST_PHOTOS:
        problems.append(Sentence("Only the first {most} photos were taken.", most=MOST_PHOTOS))
    notes: list[Sentence] = []
    gone = add_photos(new) if new else 0
    st.session_state[_ARRIVED] = bool(new)
    if gone:
        notes.append(Sentence("The oldest photos made room for the new ones ({gone}).", gone=gone))
    st.session_state[_PROBLEMS], st.session_state[_NOTES] = problems, notes
