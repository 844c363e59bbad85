"""Who decodes: this process, or one with limits (`photos.sandbox`), for files that strangers send."""

from typing import Protocol

import numpy as np

from melanoma.photos.dicom import read_dicom
from melanoma.photos.facts import FileFacts, file_facts
from melanoma.photos.reading import read_image


class Frames(Protocol):
    """A DICOM object; `photos.dicom.DicomPhoto` says what each part is."""

    @property
    def frames(self) -> int:
        """The number of photos."""
        ...

    @property
    def sop_instance_uid(self) -> str | None:
        """The object's id."""
        ...

    @property
    def identifying(self) -> tuple[str, ...]:
        """The names of the identifying attributes that have a value."""
        ...

    def frame(self, number: int) -> np.ndarray:
        """Return a photo, uint8 (H, W, 3)."""
        ...


class PhotoDecoder(Protocol):
    """Decodes the content of files; `name` is for error messages. Each method raises UserError."""

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `read_image` does, uint8 (H, W, 3)."""
        ...

    def facts(self, content: bytes, name: str) -> FileFacts:
        """Return what `file_facts` does."""
        ...

    def dicom(self, content: bytes, name: str) -> Frames:
        """Return what `read_dicom` does."""
        ...


class InThisProcess:
    """Decodes in the process that asks: for files of whoever runs the command."""

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `read_image` does."""
        return read_image(content, name)

    def facts(self, content: bytes, name: str) -> FileFacts:
        """Return what `file_facts` does."""
        return file_facts(content)

    def dicom(self, content: bytes, name: str) -> Frames:
        """Return what `read_dicom` does."""
        return read_dicom(content, name)


IN_THIS_PROCESS = InThisProcess()
