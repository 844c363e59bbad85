"""Sentences that are translated later, since the reader's language is not known where they are made."""

from collections.abc import Callable

Say = Callable[..., str]
"""(English phrase, **values) -> the phrase in the reader's language with the values filled in."""

_LONGEST = 400  # letters of a value: a cell of a table may be a megabyte


def english(phrase: str, /, **values: object) -> str:
    """Return the phrase in English, with `values` filled into its {braces}."""
    return phrase.format(**values) if values else phrase


class Sentence:
    """An English template with its values; `str` gives the sentence in English.

    Text from a user, such as a file's name, is a value and never part of the template. Without values the
    template is shown unchanged, with any braces. A value may be a sentence itself.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        """Store the template, in which the names of `values` stand in {braces}."""
        self.template, self.values = template, values

    def __str__(self) -> str:
        """Return it in English."""
        return self.said(english)

    def said(self, say: Say) -> str:
        """Return it in the language of `say`."""
        values = {
            name: value.said(say) if isinstance(value, Sentence) else _shortened(value)
            for name, value in self.values.items()
        }
        return say(self.template, **values)

    def renamed(self, old: str, new: str) -> "Sentence":
        """Return it with `new` for every `old`, such as a folder that the reader should not see."""
        if not self.values:
            return Sentence(self.template.replace(old, new))
        return Sentence(
            self.template, **{name: _renamed(value, old, new) for name, value in self.values.items()}
        )


def _shortened(value: object) -> object:
    """Return a value, a text of more than `_LONGEST` letters cut."""
    return f"{value[:_LONGEST]}…" if isinstance(value, str) and len(value) > _LONGEST else value


def _renamed(value: object, old: str, new: str) -> object:
    if isinstance(value, Sentence):
        return value.renamed(old, new)
    return value if isinstance(value, int | float) else str(value).replace(old, new)
