"""The words that label files use for the eight diagnoses, in English, German and Latin, and for other ones.

Write a word here once, in lower case and with its umlauts: `fold` makes spellings equal, so that “Nävus” is
“naevus”. The English terms are those of the ISIC challenges and of the ISIC Archive (`isic-metadata`: its
tree and its legacy list).
"""

import re
import unicodedata

WORDS: dict[str, tuple[str, ...]] = {
    "MEL": (
        *("mel", "melanoma", "melanomas", "melanoma in situ", "in situ melanoma", "melanoma invasive"),
        *("invasive melanoma", "malignant melanoma", "nodular melanoma", "superficial spreading melanoma"),
        *("lentigo maligna", "lentigo maligna melanoma", "acral lentiginous melanoma", "amelanotic melanoma"),
        "malignant melanocytic proliferations (melanoma)",
        *("melanom", "melanome", "malignes melanom", "invasives melanom", "in situ melanom"),
        *("melanom in situ", "noduläres melanom", "superfiziell spreitendes melanom", "schwarzer hautkrebs"),
        *("lentigo maligna melanom", "akrolentiginöses melanom", "amelanotisches melanom"),
        *("melanoma malignum", "melanoma cutis"),
    ),
    "NV": (
        *(
            "nv",
            "nevus",
            "naevus",
            "nevi",
            "naevi",
            "mole",
            "moles",
            "mole (nevus)",
            "blue nevus",
            "blue naevus",
        ),
        *("melanocytic nevus", "melanocytic naevus", "melanocytic nevi", "melanocytic naevi", "spitz nevus"),
        *("dysplastic nevus", "dysplastic naevus", "atypical nevus", "clark nevus", "congenital nevus"),
        *("compound nevus", "junctional nevus", "dermal nevus", "nevus spilus", "reed nevus", "halo nevus"),
        *("navus", "leberfleck", "leberflecken", "muttermal", "muttermale", "blauer nävus"),
        *("melanozytärer nävus", "nävuszellnävus", "dysplastischer nävus", "nzn"),
        *("atypischer nävus", "spitz nävus", "clark nävus", "compoundnävus", "junktionsnävus"),
        *("naevus naevocellularis", "naevus pigmentosus", "naevus melanocyticus", "naevus coeruleus"),
    ),
    "BCC": (
        *("bcc", "basal cell carcinoma", "basal cell carcinomas", "basalioma", "rodent ulcer"),
        *("basaliom", "basaliome", "basalzellkarzinom", "basalzellkarzinome", "basalzellcarcinom", "bzk"),
        *("carcinoma basocellulare", "epithelioma basocellulare"),
    ),
    "AK": (
        *("ak", "ack", "actinic keratosis", "actinic keratoses", "solar keratosis", "solar keratoses"),
        *("solar or actinic keratosis", "aktinische keratose", "aktinische keratosen", "solare keratose"),
        *("keratosis actinica", "keratosis solaris", "keratosis senilis"),
    ),
    "BKL": (
        *("bkl", "benign keratosis", "benign keratoses", "benign keratosis like lesion", "seborrheic wart"),
        *(
            "benign keratosis like lesions",
            "seborrheic keratosis",
            "seborrhoeic keratosis",
            "stucco keratosis",
        ),
        *("seborrheic keratoses", "seborrhoeic keratoses", "pigmented benign keratosis", "solar lentigo"),
        *("solar lentigines", "lichenoid keratosis", "benign lichenoid keratosis", "ink spot lentigo"),
        *("lichen planus like keratosis", "lplk", "clear cell acanthoma"),
        *("seborrhoische keratose", "seborrhoische keratosen", "seborrhöische keratose", "alterswarze"),
        *(
            "seborrhoische warze",
            "benigne keratose",
            "gutartige keratose",
            "altersfleck",
            "lichenoide keratose",
        ),
        *("verruca seborrhoica", "verruca senilis", "keratosis seborrhoica", "lentigo solaris"),
        *("lentigo senilis", "lentigo actinica"),
    ),
    "DF": (
        *("df", "dermatofibroma", "dermatofibromas", "fibrous histiocytoma", "benign fibrous histiocytoma"),
        *("dermatofibrom", "dermatofibrome", "histiozytom", "dermatofibroma lenticulare", "histiocytoma"),
    ),
    "VASC": (
        *("vasc", "vascular lesion", "vascular lesions", "hemangioma", "haemangioma", "angioma", "angiomas"),
        *("hemangiomas", "haemangiomas", "cherry angioma", "cherry hemangioma", "angiokeratoma"),
        *("pyogenic granuloma", "pyogenic granulomas", "venous lake", "lymphangioma"),
        "benign soft tissue proliferations - vascular",
        *("hämangiom", "hämangiome", "hamangiom", "angiom", "angiome", "gefäßläsion", "vaskuläre läsion"),
        *("angiokeratom", "granuloma pyogenicum", "pyogenes granulom", "haemangioma cutis"),
    ),
    "SCC": (
        *("scc", "scca", "sccka", "squamous cell carcinoma", "squamous cell carcinomas", "scc in situ"),
        *("squamous cell carcinoma in situ", "bowens disease", "bowen disease", "bowen", "keratoacanthoma"),
        *("intraepidermal carcinoma", "invasive squamous cell carcinoma"),
        *("plattenepithelkarzinom", "plattenepithelkarzinome", "plattenepithelcarcinom", "spinaliom"),
        *("spinozelluläres karzinom", "morbus bowen", "m bowen", "bowenkarzinom", "keratoakanthom", "pek"),
        *("carcinoma spinocellulare", "carcinoma planocellulare", "carcinoma squamocellulare"),
    ),
    # Coarser than the eight, see `diagnoses.COARSER`.
    "AKIEC": (
        *("akiec", "actinic keratoses and intraepithelial carcinoma", "actinic keratosis / bowens disease"),
        "actinic keratoses and intraepithelial carcinoma / bowens disease",
        "actinic keratosis / bowens disease (intraepithelial carcinoma)",
    ),
    "NEVUS_OR_SK": ("nevus or sk", "nevus or seborrheic keratosis"),
}

UNKNOWN_WORDS = ("unk", "unknown", "unbekannt", "undetermined", "not known", "indeterminate", "unklar")
"""What stands for a diagnosis that nobody named."""
OTHER_CLASSES = ("unk", "ben_oth", "inf", "mal_oth")
"""Columns of the ISIC challenges' 0/1 tables that are none of the eight."""
OTHER_WORDS = (
    *OTHER_CLASSES,
    *UNKNOWN_WORDS,
    *("other", "others", "none of the others", "sonstige", "sonstiges", "andere", "benign", "malignant"),
    *("adnexal tumor", "aimp", "cafe-au-lait macule", "ephelis", "lentigo nos", "lentigo simplex"),
    *("melanoma metastasis", "merkel cell carcinoma", "mucosal melanosis", "atypical spitz tumor"),
    *("acrochordon", "angiofibroma", "angiofibroma or fibrous papule", "neurofibroma", "scar", "verruca"),
    *("sebaceous adenoma", "sebaceous hyperplasia", "atypical melanocytic proliferation", "epidermal nevus"),
    *(
        "atypical melanocytic neoplasm",
        "fibroepithelial polyp",
        "melanommetastase",
        "warze",
        "narbe",
        "fibrom",
    ),
    *("nevus comedonicus", "nevus sebaceus", "naevus sebaceus", "naevus flammeus", "nevus anemicus"),
    *("dermatofibrosarcoma protuberans", "kaposi sarcoma", "angiosarcoma cutaneous"),
)
"""Other diseases, and what is no disease by name: such images are left out and counted."""
OTHER_TERMS = """
apocrine tubular adenoma; cylindoma; cystadenoma; fibroadenoma; hidradenoma papilliferum;
hidradenoma, apocrine; hidradenoma; mixed tumor; poroma; spiradenoma; supernumerary nipple;
syringocystadenoma papilliferum; syringofibroadenoma; syringoma; folliculosebaceous cystic hamartoma;
panfolliculoma; pilar sheath acanthoma; pilomatricoma; proliferating tricholemmal tumor; trichoblastoma;
trichoepithelioma; trichofolliculoma; tricholemmoma; tumor of follicular infundibulum;
warty dyskeratoma; fibrofolliculoma; fordyce spots; sebaceoma; trichodiscoma; acantholytic acanthoma;
epidermolytic acanthoma; large cell acanthoma; melanoacanthoma; porokeratosis; dermal melanocytosis;
lentiginous melanocytic proliferation; pigmented epithelioid melanocytoma;
proliferative nodule in congenital melanocytic nevi without atypia; angiolipoma; fibrolipoma; lipoma;
lipomatous nevus; accessory tragus; extraskeletal chondroma; osteoma cutis; subungual osteochodroma;
fibroma; giant cell tumor of the tendon sheath; juvenile xanthogranuloma; cutaneous myxoma;
non-langerhans histiocytosis; reticulohistiocytosis; rosai-dorfman disease; angioleiomyoma;
dartoic muscle leiomyoma; dermatomyofibroma; nodular fasciitis; piloleiomyoma; smooth muscle hamartoma;
myoepithelioma; granular cell tumor; nerve sheath myxoma; plexiform neurofibroma; neuroma; perineurioma;
schwannoma; comedo; digital mucous cyst; dilated pore; infundibular or epidermal cyst; sebaceous cyst;
keratinous cyst; milium; steatocystoma; trichilemmal or isthmic-catagen or pilar cyst;
foreign body granuloma; tattoo; cafe au lait macule or patch; mucosal melanotic macule; hemorrhage;
molluscum; erdheim chester disease; indeterminate cell histiocytosis; langerhans cell histiocytosis;
mixed langerhans cell histiocytosis and erdheim chester disease; maculopapular mastocytoma;
mastocytoma, solitary or unifocal; mastocytosis; solar or actinic cheilitis;
atypical intraepithelial melanocytic proliferation; atypical pigmented spindle cell tumor;
atypical proliferative nodules in congenital melanocytic nevus;
melanocytic tumor of uncertain malignant potential;
superficial atypical melanocytic proliferation of uncertain significance;
ebv positive mucocutaneous ulcer; intravascular large b-cell lymphoma;
lymphocytic proliferation, b-cell, other; primary cutaneous follicle center lymphoma;
primary cutaneous large b-cell lymphoma; primary cutaneous marginal zone lymphoma;
adult t-cell leukemia or lymphoma; chronic active ebv infection; extranodal t-cell/nk lymphoma;
lymphocytic proliferation, t-cell/nk; mycosis fungoides;
primary cutaneous cd30+ lymphoproliferative disease;
primary cutaneous cd4+ small or medium t-cell lymphoproliferative disorder;
primary cutaneous peripheral t-cell lymphoma; sezary syndrome;
subcutaneous panniculitis-like t-cell lymphoma; adenoid cystic carcinoma;
adnexal adenocarcinoma arising in association with spiradenoma, cylindroma, or spiradenocylindroma;
apocrine carcinoma; digital papillary carcinoma; hidradenocarcinoma; malignant mixed tumor;
microcystic adnexal carcinoma; mucinous carcinoma; paget disease; porocarcinoma; tubular carcinoma;
baso-squamous carcinoma; matrical or pilomatrical carcinoma; proliferating trichilemmal carcinoma;
sebaceous carcinoma; bowenoid papulosis; verrucous carcinoma; liposarcoma; extraskeletal osteosarcoma;
atypical fibroxanthoma; epithelioid sarcoma; fibrosarcoma; pleomorphic undifferntiated sarcoma;
atypical intradermal smooth muscle tumor; leiomyosarcoma, cutaneous; rhabdomyoscaroma, cutaneous;
myoepithelial sarcoma; malignant granular cell tumor; malignant peripheral nerve sheath tumor;
ewing sarcoma, primary cutaenous; hemangioendothelioma; malignant glomus tumor
"""
"""The Archive's other terms for diseases, at the third level of its tree; `;` stands between them."""
OTHER_GROUPS = (
    *("benign - other", "benign adnexal epithelial proliferations", "benign epidermal proliferations"),
    *("benign melanocytic proliferations", "benign soft tissue proliferations", "exogenous", "cysts"),
    *("collision", "flat melanotic pigmentations", "hemorrhagic lesions", "langerhans cell proliferations"),
    *("inflammatory or infectious diseases", "mast cell proliferations", "lymphocytic proliferations"),
    *("indeterminate epidermal proliferations", "indeterminate melanocytic proliferations"),
    *("malignant adnexal epithelial proliferations", "malignant epidermal proliferations"),
    *("malignant soft tissue proliferations", "merkel cell proliferation", "skin metastasis"),
)
"""Beginnings of the Archive's second level: what it groups and is none of the eight is another disease."""
QUALIFIERS = (
    *("nos", "acral", "agminated", "aneurysmal", "atypical", "bap-1 deficient", "balloon cell", "cellular"),
    *("cherry", "clark", "or clark", "combined", "common", "compound", "congenital", "deep penetrating"),
    *("dermal", "dysplastic", "epithelioid", "halo", "hemosiderotic", "hobnail", "infantile", "junctional"),
    *("lentiginous", "meyerson", "of special anatomic site", "plaque type", "recurrent or persistent"),
    *("reed", "sclerosing", "spilus", "spitz", "tufted", "by histopathological pattern", "by history"),
    *("by history and histopathological pattern", "deep", "superficial", "invasive", "in situ", "nodular"),
    *("superficial spreading", "micronodular", "infiltrating", "sclerosing or morpheaform", "pigmented"),
    *("combined subtypes", "acantholytic", "atrophic", "bowenoid", "hypertrophic", "lichenoid"),
    *("keratoacanthoma-type", "well differentiated", "moderately differentiated", "poorly differentiated"),
    *("lentigo maligna type", "acral or acral-lentiginous", "desmoplastic"),
)
"""What may follow a diagnosis after a comma and leaves it what it is: “Nevus, Spitz”."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe"})
_APART = re.compile(r"[\s_\-‐-―/.()]+")


def fold(word: str) -> str:
    """Return the normalised spelling of a word: `" Nävus_(Spitz)"` -> `"naevus spitz"`.

    Case, accents, apostrophes and separators are dropped; umlauts become two letters. Commas and question
    marks stay, since they change the meaning.
    """
    spelled = unicodedata.normalize("NFC", word).casefold().translate(_UMLAUTS)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", spelled) if letter.isascii())
    return " ".join(_APART.sub(" ", plain.replace("'", "")).split())


_CODES = {fold(word): code for code, words in WORDS.items() for word in words}
_OTHERS = {fold(word) for word in (*OTHER_WORDS, *OTHER_TERMS.split(";"))}
_UNKNOWN = {fold(word) for word in UNKNOWN_WORDS}
_GROUPS = tuple(fold(group) for group in OTHER_GROUPS)
_QUALIFIERS = {fold(word) for word in QUALIFIERS}


def code_of(word: str) -> str | None:
    """Return the code that a word stands for, or None: `"Nevus, NOS, Compound"` -> `"NV"`.

    After a comma only `QUALIFIERS` are accepted: “Nevus, melanoma?” has no code.
    """
    folded = fold(word)
    if folded in _CODES:
        return _CODES[folded]
    parts = [part.strip() for part in folded.split(",")]
    for known in range(len(parts) - 1, 0, -1):
        code = _CODES.get(", ".join(parts[:known]))
        if code is not None:
            rest = parts[known:]
            return code if all(part in _QUALIFIERS or _CODES.get(part) == code for part in rest) else None
    return None


def is_other(word: str) -> bool:
    """Return whether a word is known to be none of the eight, or to name no disease at all."""
    folded = fold(word)
    return folded in _OTHERS or folded.startswith(_GROUPS)


def is_unknown(word: str) -> bool:
    """Return whether a word means that the diagnosis is unknown."""
    return fold(word) in _UNKNOWN


def code_of_levels(levels: list[str]) -> tuple[str | None, str]:
    """Return the code for the ISIC Archive's levels, the most specific first, and the level that decided.

    The first that is known decides, be it one of the eight or another disease (None). Where none is known
    the word is the most specific one that is filled, or empty.
    """
    for word in levels:
        if code := code_of(word):
            return code, word
        if is_other(word):
            return None, next(filter(None, levels))
    return None, next(filter(None, levels), "")
