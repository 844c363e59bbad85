"""Photos in an object store, by an address that Arrow's file systems support, such as s3://bucket/folder.

Credentials come from the environment, where the store's own tools read them, and never from the command line.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import PurePath

import pyarrow as pa
from pyarrow import fs

from melanoma.batch.source import Source
from melanoma.errors import UserError
from melanoma.photos.formats import KIND_NAMES
from melanoma.photos.reading import MAX_BYTES
from melanoma.photos.recognition import HEAD, PassedOver, is_photo


def photos_at(address: str, passed_over: PassedOver) -> Iterator[Source]:
    """Yield the photo at an address, or those below it, sorted; what is no photo is added to `passed_over`.

    Their sources can be sent to another process, which opens the store itself. Raises UserError where the
    store cannot be read or holds none.
    """
    try:
        system, path = _opened(address)
        found = system.get_file_info(path)
        if found.type is fs.FileType.Directory:
            inside = system.get_file_info(fs.FileSelector(path, recursive=True))
            files = sorted(one.path for one in inside if one.is_file)
            paths = list(_photos_among(system, files, passed_over))
            stamps = {one.path: _stamp(one) for one in inside}
        else:
            paths, stamps = [path] if found.is_file else [], {path: _stamp(found)}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UserError(f"{address} cannot be read ({str(error).splitlines()[0]}).") from None
    if not paths:
        raise UserError(f"{address} holds no image files ({KIND_NAMES} or DICOM).")
    scheme = address.partition("://")[0]
    for name in paths:
        yield Source(f"{scheme}://{name}", partial(_read, address, name), stamps[name])


def _stamp(file: fs.FileInfo) -> str:
    return f"{file.size} bytes, changed {file.mtime_ns}"


def _photos_among(system: fs.FileSystem, paths: list[str], passed_over: PassedOver) -> Iterator[str]:
    def head(path: str) -> bytes:
        with system.open_input_stream(path) as file:
            return file.read(HEAD)

    for path in paths:
        if is_photo(PurePath(path), partial(head, path)):
            yield path
        else:
            passed_over.add(path)


@lru_cache(maxsize=8)
def _opened(address: str) -> tuple[fs.FileSystem, str]:
    return fs.FileSystem.from_uri(address)


def _read(address: str, path: str) -> bytes:
    try:
        system, _ = _opened(address)
        with system.open_input_stream(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read from its store ({str(error).splitlines()[0]}).") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{path} is larger than {MAX_BYTES // 1024**2} MB. Save it smaller and try again.")
    return content
