"""The eight diagnoses of the ISIC 2019 challenge, and how other label sets map onto them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from melanoma.diagnosis_words import code_of, fold
from melanoma.errors import UserError


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis, and output of the network."""

    code: str
    """Short code as the ISIC challenges print it, such as `MEL`."""
    name: str
    malignant: bool
    """True for cancers and for actinic keratosis, which is treated because it can become one."""
    plain: str
    """One sentence for a reader without medical training."""
    signs: str
    """Dermoscopic signs that favour it (Kittler et al., J Am Acad Dermatol 2016;74:1093)."""
    colour: str
    """For charts, as `#rrggbb`: from Okabe and Ito's palette, which colour-blind readers can tell apart."""
    precursor: bool = False
    """True for what is no cancer yet and can turn into one; it counts as malignant."""


DIAGNOSES: tuple[Diagnosis, ...] = (
    Diagnosis(
        "MEL",
        "Melanoma",
        True,
        "A cancer of the pigment cells that can spread early and kill; cut out early, it is usually cured.",
        "atypical network, irregular dots or streaks, blue-white veil, regression, several colours",
        "#d55e00",
    ),
    Diagnosis(
        "NV",
        "Mole (nevus)",
        False,
        "A common mole: a harmless cluster of pigment cells.",
        "regular network, symmetric globules, one or two colours",
        "#56b4e9",
    ),
    Diagnosis(
        "BCC",
        "Basal cell carcinoma",
        True,
        "The most common skin cancer; it grows slowly, rarely spreads, and is removed.",
        "arborising vessels, blue-grey ovoid nests, leaf-like areas, ulceration",
        "#e69f00",
    ),
    Diagnosis(
        "AK",
        "Actinic keratosis",
        True,
        "A rough patch after years of sun that can turn into squamous cell carcinoma.",
        "strawberry pattern, scale, rosettes on sun-damaged skin",
        "#cc79a7",
        precursor=True,
    ),
    Diagnosis(
        "BKL",
        "Benign keratosis",
        False,
        "A harmless thickening of the skin, such as seborrhoeic keratosis or a sun spot.",
        "milia-like cysts, comedo-like openings, moth-eaten border, fingerprint lines",
        "#009e73",
    ),
    Diagnosis(
        "DF",
        "Dermatofibroma",
        False,
        "A small, firm, harmless knot of fibrous tissue.",
        "central white patch, delicate network at the rim",
        "#0072b2",
    ),
    Diagnosis(
        "VASC",
        "Vascular lesion",
        False,
        "A harmless growth or bleeding of small blood vessels.",
        "red, purple or black lacunae",
        "#8a6d9e",
    ),
    Diagnosis(
        "SCC",
        "Squamous cell carcinoma",
        True,
        "A skin cancer of the surface cells that can spread if it is left.",
        "white circles, keratin mass, looped or coiled vessels",
        "#b3261e",
    ),
)
CODES: tuple[str, ...] = tuple(diagnosis.code for diagnosis in DIAGNOSES)

PARTS: tuple[Diagnosis, ...] = (
    Diagnosis(
        "PBK",
        "Pigmented benign keratosis",
        False,
        "A harmless brown thickening of the skin: a benign keratosis with pigment.",
        "milia-like cysts, moth-eaten border, fingerprint lines",
        "#117755",
    ),
    Diagnosis(
        "SK",
        "Seborrhoeic keratosis",
        False,
        "A harmless, often waxy thickening of the skin: the most common benign keratosis.",
        "milia-like cysts, comedo-like openings, fissures and ridges",
        "#66c2a5",
    ),
)
"""Parts of BKL that the 2,357-image “Skin cancer ISIC” set distinguishes."""
NINE: tuple[str, ...] = ("AK", "BCC", "DF", "MEL", "NV", "PBK", "SK", "SCC", "VASC")
"""That set's nine classes, in the order of its folders' names."""
_BY_CODE = {diagnosis.code: diagnosis for diagnosis in (*DIAGNOSES, *PARTS)}

# Label sets coarser than the model's: the label on the left is any of the codes on the right. A label set
# that splits what the model joins cannot be evaluated.
COARSER: dict[str, tuple[str, ...]] = {
    "AKIEC": ("AK", "SCC"),  # ISIC 2018 task 3: actinic keratosis and Bowen's disease
    "NEVUS_OR_SK": ("NV", "BKL"),  # ISIC 2017: everything that is not melanoma
}
_PART_ALIASES = {
    "pigmented benign keratosis": "PBK",
    "seborrheic keratosis": "SK",
    "seborrhoeic keratosis": "SK",
}
_PARTS_OF = {"BKL": tuple(part.code for part in PARTS)}


def diagnosis_of(code: str) -> Diagnosis:
    """Return the diagnosis with this code; raises UserError if there is none."""
    try:
        return _BY_CODE[code.strip().upper()]
    except KeyError:
        raise UserError(
            "“{code}” is no diagnosis that is known here. Choose one of {known}.",
            code=code,
            known=", ".join(_BY_CODE),
        ) from None


def canonical(label: str, parts: bool = False) -> str | None:
    """Return the code that a published label stands for (`"Nävus"` -> `"NV"`), or None if it is unknown.

    With `parts`, labels of `PARTS` keep a code of their own; without, they are the diagnosis that joins them.
    The words are those of `diagnosis_words`.
    """
    if parts and (folded := fold(label)) in _PART_ALIASES:
        return _PART_ALIASES[folded]
    return code_of(label)


def members(label: str, known: Sequence[str] = CODES) -> tuple[str, ...]:
    """Return the codes that a canonical label covers: itself, or the several of a coarser label set.

    For a model that knows the `PARTS` of a diagnosis and not the diagnosis, those are its codes.
    """
    covered = COARSER.get(label, (label,))
    return tuple(
        part for code in covered for part in (_PARTS_OF.get(code, (code,)) if code not in known else (code,))
    )


def is_malignant(labels: Iterable[str]) -> list[bool]:
    """Return for each code whether it is a malignant (or pre-malignant) diagnosis.

    Raises UserError for a code that is not known.
    """
    return [diagnosis_of(label).malignant for label in labels]
