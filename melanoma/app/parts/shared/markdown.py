"""Text that Markdown shows letter by letter."""

import string


def escape_markdown(sentence: str) -> str:
    """Return the sentence as Markdown that shows it letter by letter, also a file name in it.

    All punctuation is escaped: a full stop may make a list or a link to elsewhere as well.
    """
    return "".join(f"\\{sign}" if sign in string.punctuation else sign for sign in sentence)
