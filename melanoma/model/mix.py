"""Mixes of diagnoses: in which shares they come, and what that makes of the probabilities.

The network's logits are free of any mix, so the shares can be put in afterwards (Saerens et al. 2002,
Neural Computation 14:21). Alerts, prediction sets and the likeliest diagnosis are decided in the bundle's
own mix; in another one only the probabilities are looked at.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from melanoma.diagnoses import canonical
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle
from melanoma.model.bundle_checks import is_number
from melanoma.model.log_odds import Calibration
from melanoma.model.prediction import Prediction
from melanoma.phrases import Sentence

EVEN, CLINIC = "even", "clinic"
CLINIC_LESIONS = {
    **{"MEL": 614, "NV": 5403, "BCC": 327, "AK": 88, "BKL": 727, "DF": 73, "VASC": 98, "SCC": 140},
}
"""Lesions of HAM10000 by diagnosis (Tschandl, Rosendahl and Kittler 2018, Sci Data 5:180161), all 7,470,
with AKIEC divided as the ISIC 2019 ground truth does. They come from a university clinic in Vienna and from a
skin cancer practice in Queensland; they are no consecutive patients."""
CLINIC_SOURCE = Sentence(
    "the {count} lesions of HAM10000, from a clinic in Vienna and a skin cancer practice in Queensland",
    count=sum(CLINIC_LESIONS.values()),
)
_LARGEST = 64 * 1024  # bytes of a file of shares


@dataclass(frozen=True)
class Mix:
    """A mix of diagnoses for one bundle."""

    name: str
    shares: tuple[float, ...]
    """In the order of the bundle's codes; above 0, 1 in all."""
    source: Sentence
    """Where the shares come from, as it stands in a sentence."""

    def probabilities(self, prediction: Prediction) -> np.ndarray:
        """Return the probabilities of a prediction in this mix, float64 (classes,), summing to 1."""
        calibration = Calibration(prediction.calibration.temperature, self.shares)
        return calibration.probabilities(prediction.logits)

    def by_code(self, prediction: Prediction) -> dict[str, float]:
        """Return the same by code."""
        return dict(zip(prediction.codes, map(float, self.probabilities(prediction)), strict=True))


def known_mixes(bundle: Bundle) -> list[str]:
    """Return the names of the mixes that there are for a bundle beside its own and files."""
    return [EVEN, *([CLINIC] if set(bundle.codes) <= set(CLINIC_LESIONS) else [])]


def mix_named(name: str, bundle: Bundle) -> Mix:
    """Return a mix by its name, or of a file of that path; raises UserError if there is neither."""
    if name == EVEN:
        return mix_of(name, dict.fromkeys(bundle.codes, 1.0), Sentence("each diagnosis as often"), bundle)
    if name == CLINIC:
        if CLINIC not in known_mixes(bundle):
            raise UserError(
                "The mix {name} knows other diagnoses than this model ({codes}). Give shares in a file.",
                name=name,
                codes=", ".join(bundle.codes),
            )
        return mix_of(name, CLINIC_LESIONS, CLINIC_SOURCE, bundle)
    file = Path(name)
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError:
        raise UserError(
            "There is no mix “{name}”, and no such file. Give {known}, or a CSV with the columns diagnosis "
            "and share.",
            name=name,
            known=", ".join(known_mixes(bundle)),
        ) from None
    return mix_of_file(file.name, content, bundle)


def mix_of_file(name: str, content: bytes, bundle: Bundle) -> Mix:
    """Return the mix that a CSV with the columns `diagnosis` and `share` gives.

    The shares may be numbers of lesions or percent: what counts is how they stand to each other. Raises
    UserError if it is no such table, or if a diagnosis of the bundle is missing or unknown.
    """
    wanted = Sentence("a CSV with the columns diagnosis and share, one line a diagnosis")
    try:
        if len(content) > _LARGEST:
            raise ValueError
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        pairs = [(row["diagnosis"], float(row["share"])) for row in rows]
    except (ValueError, KeyError, TypeError, csv.Error):
        raise UserError("{name} has to be {wanted}.", name=name, wanted=wanted) from None
    shares: dict[str, float] = {}
    parts = not set(bundle.codes) <= set(CLINIC_LESIONS)
    for word, share in pairs:
        code = word.strip() if word.strip() in bundle.codes else canonical(word, parts)
        if code not in bundle.codes:
            raise UserError(
                "{name} names “{word}”, which this model does not know ({known}).",
                name=name,
                word=word[:80],
                known=", ".join(bundle.codes),
            )
        if code in shares:
            raise UserError("{name} names {code} twice.", name=name, code=code)
        shares[code] = share
    return mix_of(name, shares, Sentence("the file {name}", name=name), bundle)


def mix_of(name: str, weights: Mapping[str, float], source: Sentence, bundle: Bundle) -> Mix:
    """Return a mix of weights by code, above 0, which are brought to 1 in all; others' codes are left out.

    Raises UserError if one of the bundle's diagnoses has none.
    """
    wrong = [code for code in bundle.codes if not is_number(weights.get(code)) or weights[code] <= 0]
    if wrong:
        raise UserError(
            "{name} needs a share above 0 for each diagnosis of the model, and has none for {codes}.",
            name=name,
            codes=", ".join(wrong),
        )
    chosen = np.array([weights[code] for code in bundle.codes], dtype=np.float64)
    return Mix(name, tuple((chosen / chosen.sum()).tolist()), source)
