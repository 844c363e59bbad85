"""The audit of a zip of class folders, in memory: nothing is written to disk."""

from pathlib import Path, PurePosixPath

from melanoma.batch.source import Source
from melanoma.batch.zips import photos_in_zip
from melanoma.data.audit.listing import listing_of, not_an_image, without_copy_marks
from melanoma.data.audit.run import Audit, Progress, audit_listing
from melanoma.photos.decoding import IN_THIS_PROCESS, PhotoDecoder
from melanoma.photos.recognition import PassedOver

MOST_FILES = 5000
"""In one archive: the visitors of a page share the host's memory and processor."""


def audit_zip(
    content: bytes,
    name: str,
    progress: Progress = lambda step, done: None,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Audit:
    """Return the findings on the photos of an archive; its folders are read as those of a folder are.

    Raises UserError for an archive that cannot be used, see `batch.zips.photos_in_zip`; a file that
    cannot be read is a finding.
    """
    passed_over = PassedOver()
    sources = {source.name: source for source in photos_in_zip(content, name, MOST_FILES, passed_over)}
    places = _without_common_folder(list(sources))
    # Numbered: `a//b.jpg` and `a/b.jpg` are two files of an archive and one path.
    paths = {member: Path(str(number), place.name) for number, (member, place) in enumerate(places.items())}
    files = [(paths[member], place) for member, place in places.items()]
    listing = without_copy_marks(
        listing_of(files, name, [not_an_image(other) for other in passed_over.names])
    )
    by_path: dict[str, Source] = {str(paths[member]): source for member, source in sources.items()}
    return audit_listing(listing, name, None, progress, lambda path: by_path[path].read(), decoder)


def _without_common_folder(names: list[str]) -> dict[str, PurePosixPath]:
    """Return each file's path in the archive, without the folder that was packed if one holds all others."""
    places = {name: PurePosixPath(name.replace("\\", "/")) for name in names}
    while all(len(place.parts) > 2 for place in places.values()) and (
        len({place.parts[0] for place in places.values()}) == 1
    ):
        places = {name: PurePosixPath(*place.parts[1:]) for name, place in places.items()}
    return places
