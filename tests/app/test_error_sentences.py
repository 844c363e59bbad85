"""Sentences about errors in other languages: all that the page can meet, and how it shows them."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from melanoma.app.parts.shared.language import words
from melanoma.lesion import framing
from tests.app.translations import LANGUAGES, blanks, require_translated
from tests.syntax_trees import nodes_in

ROOT = Path(__file__).parents[2]

ON_THE_PAGE = (
    "melanoma.app.parts.data.own_audit",
    "melanoma.app.parts.shared.model",
    "melanoma.app.parts.shared.photo",
    "melanoma.app.parts.examine.compared_sides",
    "melanoma.app.parts.quiz.class_cases",
    "melanoma.app.parts.quiz.link",
    "melanoma.app.parts.quiz.cases",
    "melanoma.photos.isic_archive",
    "melanoma.photos.colour_statements",
    "melanoma.app.parts.shared.work_queue",
    "melanoma.batch.zips",
    "melanoma.classroom.live",
    "melanoma.model.bundle",
    "melanoma.data.audit.listing",
    "melanoma.data.audit.tables",
    "melanoma.data.labels.columns",
    "melanoma.data.labels.dialect",
    "melanoma.data.labels.images",
    "melanoma.data.labels.joining",
    "melanoma.data.labels.layouts",
    "melanoma.data.labels.read",
    "melanoma.data.labels.records",
    "melanoma.photos.sandbox",
    "melanoma.child_process",
    "melanoma.app.keras_worker",
    "melanoma.diagnoses",
    "melanoma.photos.dicom",
    "melanoma.evaluation.evaluate",
    "melanoma.evaluation.held_out",
    "melanoma.explain.lesson.reading_first_layer",
    "melanoma.laboratory.head",
    "melanoma.laboratory.lesions",
    "melanoma.lesion.framing",
    "melanoma.photos.reading",
    "melanoma.model.backbones.registry",
    "melanoma.model.bundle_checks",
    "melanoma.model.mix",
    "melanoma.model.classifier",
    "melanoma.model.litert_pass",
    "melanoma.model.bundle_layout",
    "melanoma.photos.cropping",
    "melanoma.tutorial.claims",
    "melanoma.tutorial.proposals",
)
"""The modules whose sentences a visitor can meet."""
NOT_ON_THE_PAGE = {
    "melanoma.model.calibration": "thresholds are set by commands",
    "melanoma.lesion.mask_files": "the page draws outlines and reads no masks",
    "melanoma.edits.perturbations": "its sliders give no value out of range",
    "melanoma.data.audit.files": "a file that cannot be read is a finding of the report, which is in English",
    "melanoma.data.audit.truth": "the page's audit takes no true diagnoses",
    "melanoma.photos.examples": "the command's, and the server's log has them",
    "melanoma.controls": "its choices and sliders give no value out of range",
    "melanoma.explain.layers": "it offers the layers that there are",
    "melanoma.explain.registry": "it offers the methods that there are",
    "melanoma.measures.lesion_in_view": "an outline by hand is drawn on the photo itself",
    "melanoma.measures.base": "no page takes a mask, and a map with gaps would be a defect",
    "melanoma.model.backbones.base": "no page loads weights into a backbone",
    "melanoma.model.backbones.efficientnet_lite": "no page loads weights into a backbone",
    "melanoma.model.backbones.keras_applications": "no page loads weights into a backbone",
    "melanoma.model.backbones.torch_file": "no page loads weights into a backbone",
    "melanoma.model.answer": "it offers the diagnoses that there are",
    "melanoma.model.joint": "it joins two photos or more, all answered by the model in use",
    "melanoma.model.prediction": "it offers the diagnoses and maps that there are",
    "melanoma.data.pipeline": "no page trains",
    "melanoma.data.split": "no page trains",
    "melanoma.training.dataset": "no page trains",
    "melanoma.training.recipes": "no page trains",
    "melanoma.files": "no page writes files",
}
"""The modules that the page imports and whose sentences only commands print, with the reason."""
COMMANDS_ONLY = {
    ("melanoma.data.labels.read", "require_trainable"),
    ("melanoma.evaluation.evaluate", "evaluate"),
}
"""Functions of the first modules that no page calls."""
PASSED_ON = {
    "_BUSY",
    "_DIED",
    "self._busy",
    "diagnosis_of(code).name if code else folder",
    "unpacked(answer['error'])",
    "unpacked(answer['sentence'])",
    "sentence['template']",
    "OVER",
    "error.sentence.renamed(str(folder), name)",
    """error.sentence.renamed(str(data), say("The teacher's folder"))""",
}
"""Sentences that were made elsewhere, as the code writes them."""


@dataclass(frozen=True)
class Raised:
    """One place where a sentence is made."""

    module: str
    function: str
    line: int
    sentence: ast.expr
    values: frozenset[str]

    @property
    def template(self) -> str | None:
        return self.sentence.value if isinstance(self.sentence, ast.Constant) else None


def file_of(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()), None)


def imported_by_the_page() -> set[str]:
    """Every module of the package that the page imports, also within functions, directly or not."""
    package = ROOT / "melanoma"
    pending = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in (package / "app").rglob("*.py")
    ]
    found = set(pending)
    while pending:
        for node in nodes_in(file_of(pending.pop())):
            names = []
            if isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            new = {name for name in names if name.startswith("melanoma") and file_of(name)} - found
            found |= new
            pending += new
    return found


@functools.cache
def error_names() -> frozenset[str]:
    """UserError and the classes made from it."""
    names = {"UserError"}
    for file in (ROOT / "melanoma").rglob("*.py"):
        for node in nodes_in(file):
            if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & names:
                names.add(node.name)
    return frozenset(names)


def raised_in(module: str, names: frozenset[str]) -> Iterator[Raised]:
    """Every call of one of `names` in a module."""

    def visit(node: ast.AST, function: str) -> Iterator[Raised]:
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            values = frozenset(value.arg or "**" for value in node.keywords)
            yield Raised(module, function, node.lineno, node.args[0], values)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function)

    return visit(nodes_in(file_of(module))[0], "")


def met_on_the_page() -> list[Raised]:
    names = error_names() | {"Sentence"}
    return [
        raised
        for module in ON_THE_PAGE
        for raised in raised_in(module, names)
        if (module, raised.function) not in COMMANDS_ONLY
    ]


def test_of_every_module_it_is_said_whether_its_errors_reach_the_page():
    names = error_names()
    assert names >= {"UserError", "QueueFull"}
    raising = {module for module in imported_by_the_page() if any(raised_in(module, names))}
    raising -= {"melanoma.errors", "melanoma.phrases"}
    assert len(raising) > 20
    placed = {*ON_THE_PAGE, *NOT_ON_THE_PAGE}
    assert raising - placed == set()
    makes_and_raises_none = {
        "melanoma.app.parts.shared.photo",
        "melanoma.app.parts.quiz.link",
        "melanoma.data.labels.layouts",
        "melanoma.tutorial.claims",
        "melanoma.tutorial.proposals",
    }
    assert placed - raising - makes_and_raises_none == set()


def test_no_error_on_the_page_is_one_finished_text():
    finished = [
        f"{raised.module}, line {raised.line}"
        for raised in met_on_the_page()
        if raised.template is None and ast.unparse(raised.sentence) not in PASSED_ON
    ]
    assert finished == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_error_on_the_page_is_translated(code):
    templates = {raised.template for raised in met_on_the_page() if raised.template is not None}
    assert len(templates) > 80
    require_translated(code, templates - set(words(code)))


def test_every_blank_of_a_sentence_has_its_value():
    names = error_names() | {"Sentence"}
    wrong, seen = [], 0
    for file in sorted((ROOT / "melanoma").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for raised in raised_in(module, names) if module != "melanoma.phrases" else ():
            if raised.template is not None and raised.values:
                seen += 1
                if blanks(raised.template) != raised.values:
                    wrong.append(f"{module}, line {raised.line}")
    assert seen > 80
    assert wrong == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_remark_on_a_photo_s_quality_is_translated(code):
    remarks = {
        node.args[0].value
        for node in nodes_in(file_of("melanoma.photos.quality"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "flags.append"
    }
    assert "The photo is blurred." in remarks
    remarks |= {framing.PART_OUTSIDE, framing.MIDDLE_ONLY, framing.REST_NOT_JUDGED}
    require_translated(code, remarks - set(words(code)))
