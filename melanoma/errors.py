"""The one exception whose sentence is meant for the user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from melanoma.phrases import Say, Sentence


class UserError(Exception):
    """Something the user can mend: the message says what is wrong and how to put it right.

    The page shows the sentence in the visitor's language, the commands print it in English and exit with
    status 2; neither shows a traceback. Whoever keeps what was raised keeps `sentence` alone: an exception
    holds on to all that was in memory where it was raised, a photo too.
    """

    def __init__(self, sentence: str | Sentence, /, **values: object) -> None:
        """Take a finished sentence, or an English one with blanks and the `values` for them."""
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence, **values)
        super().__init__(str(self.sentence))

    def said(self, say: Say) -> str:
        """Return the sentence in the language of `say`."""
        return self.sentence.said(say)


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a UserError into its sentence on standard error and exit status 2."""
    try:
        yield
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
