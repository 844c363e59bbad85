"""The one exception whose sentence is meant for the user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something the user can mend: the message says what is wrong and how to put it right.

    The page shows the sentence, the commands print it and exit with status 2; neither shows a traceback.
    """


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a UserError into its sentence on standard error and exit status 2."""
    try:
        yield
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
