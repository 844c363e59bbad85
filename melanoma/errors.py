"""The exception for errors of the user, and its handling in commands."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from melanoma.output import OutputError, checked_output
from melanoma.phrases import Say, Sentence


class UserError(Exception):
    """An error that the user can correct: the message says what is wrong and how to correct it.

    The page shows the sentence in the visitor's language, the commands print it in English and exit with
    status 2; neither shows a traceback. To store an error, store its `sentence`: an exception
    references the frames in which it was raised, and so their photos.
    """

    def __init__(self, sentence: str | Sentence, /, **values: object) -> None:
        """Take a finished sentence, or an English template with its `values`."""
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence, **values)
        super().__init__(str(self.sentence))

    def said(self, say: Say) -> str:
        """Return the sentence in the language of `say`."""
        return self.sentence.said(say)


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a UserError, and output that cannot be written, into a sentence and exit status 2."""
    try:
        with checked_output():
            yield
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise  # a defect
        print(f"Error: {str(error.filename)[:60]}… is too long for the name of a file.", file=sys.stderr)
        sys.exit(2)
    except OutputError as error:
        print(f"Error: the output cannot be written ({error}). It ends here.", file=sys.stderr)
        sys.exit(2)
