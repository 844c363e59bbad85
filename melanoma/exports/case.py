"""One photo with its prediction and one heatmap, to be saved or reported."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from melanoma.exports.overlay import overlay_sheet
from melanoma.figures.overlay import Overlay
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.bundle import Bundle
from melanoma.model.joint import JointAnswer
from melanoma.model.prediction import Prediction
from melanoma.photos.cropping import Crop


@dataclass(frozen=True)
class ExportedCase:
    """The case in view. It holds neither the photo's file name nor its metadata."""

    photo: np.ndarray
    """uint8 (H, W, 3) RGB."""
    drawn: bool
    prediction: Prediction
    bundle: Bundle
    method: str
    """Name of the explanation method."""
    code: str
    """The diagnosis that the map is of."""
    settings: dict[str, str | float]
    heatmap: np.ndarray
    """float32 (h, w)."""
    limit: float
    signed: bool
    in_colour: bool
    """True if the map lies on the photo's own colours."""
    lesion: LesionInView
    outlined: bool
    """True if the outline is drawn."""
    unit: str = ""
    """The unit of the map's values, in the reader's language."""
    credit: str = ""
    """Whose photo it is and under which licence, where that is known."""
    measures: dict[str, Any] = field(default_factory=dict)
    """`MeasuredMap.as_json()` if the map was measured."""
    crop: Crop | None = None
    """Where the photo was cut out of a larger one; None if it was not."""
    cut_from: tuple[int, int] = (0, 0)
    """Width and height of that, pixels."""
    joint: JointAnswer | None = None
    """The joint answer, where the photo is one of several of a lesion."""
    named: Mapping[str, Prediction] = field(default_factory=dict)
    """The answers that it is made of, by what each photo is called."""

    @property
    def overlay(self) -> Overlay:
        """The map over the photo."""
        return Overlay(
            self.photo,
            self.heatmap,
            self.prediction.geometry,
            self.limit,
            self.signed,
            self.lesion.contours if self.outlined else (),
            self.in_colour,
        )

    def sheet(self, heading: str) -> np.ndarray:
        """Return photo and map side by side with their scale, uint8 RGB."""
        return overlay_sheet(self.overlay, heading)

    def numbers(self) -> dict[str, Any]:
        """Return all numbers, ready for JSON, by the names of `predict --json` where both have them."""
        found, bundle = self.prediction, self.bundle
        inside = self.lesion.share_inside(self.heatmap)
        return {
            "not_a_diagnosis": True,
            "drawing": self.drawn,
            "model": {"name": bundle.name, "version": bundle.version, "created": bundle.created},
            "probabilities": dict(zip(found.codes, map(float, found.probabilities), strict=True)),
            "scores": dict(zip(found.codes, map(float, found.scores), strict=True)),
            "logits": dict(zip(found.codes, map(float, found.logits), strict=True)),
            "diagnosis": found.diagnosis,
            "melanoma_alert": found.melanoma_alert,
            "malignancy_alert": found.malignancy_alert,
            "malignancy": found.malignancy,
            "alert_threshold": bundle.alert_threshold,
            "malignancy_threshold": bundle.malignancy_threshold,
            "mix": dict(zip(bundle.codes, bundle.prior, strict=True)),
            "prediction_set": list(found.prediction_set),
            "conformal_coverage": bundle.conformal_coverage,
            "in_distribution": found.in_distribution,
            "novelty": found.novelty,
            "novelty_threshold": bundle.distance_threshold,
            "flags": list(found.quality),
            "photo": {
                "width": found.geometry.width,
                "height": found.geometry.height,
                "cropped": self._cropped(),
            },
            "seen": {
                "left": found.geometry.left,
                "top": found.geometry.top,
                "side": found.geometry.side,
                "size": found.geometry.size,
                "lesion_not_seen": self.lesion.not_seen if found.geometry.crops else 0.0,
            },
            "outline": {
                "found": bool(self.lesion.contours),
                "by_hand": self.lesion.by_hand,
                "confidence": self.lesion.confidence,
                "share_of_what_was_seen": float(self.lesion.mask.mean()),
            },
            "map": {
                "method": self.method,
                "diagnosis": self.code,
                "settings": self.settings,
                "cells": list(self.heatmap.shape),
                "colour_limit": self.limit,
                "positive_only": not bool(self.heatmap.min() < 0),
                "sum": float(self.heatmap.sum(dtype=np.float64)),
                "log_odds": float(found.log_odds[found.index(self.code)]),
                "starting_value": float(found.starting_values[found.index(self.code)]),
                "division": float(found.division[found.index(self.code)]),
                "share_inside_outline": inside,
            },
        } | {
            name: value
            for name, value in (
                ("credit", self.credit),
                ("measures", self.measures),
                ("together", self._together()),
            )
            if value
        }

    def _cropped(self) -> dict[str, int] | None:
        if self.crop is None:
            return None
        width, height = self.cut_from
        return {**asdict(self.crop), "of_width": width, "of_height": height}

    def _together(self) -> dict[str, Any]:
        """Return the joint answer, and whether any one photo alerts; empty where there is none."""
        joint = self.joint
        if joint is None:
            return {}
        return {
            "photos": len(joint.of_photos),
            "made_by": "mean of scores",
            "probabilities": dict(zip(joint.codes, map(float, joint.probabilities), strict=True)),
            "diagnosis": joint.diagnosis,
            "melanoma_alert": joint.melanoma_alert,
            "malignancy_alert": joint.malignancy_alert,
            "prediction_set": list(joint.prediction_set),
            "melanoma_alerts_of_single_photos": sum(one.melanoma_alert for one in joint.of_photos),
            "malignancy_alerts_of_single_photos": sum(bool(one.malignancy_alert) for one in joint.of_photos),
        }


def as_npy(heatmap: np.ndarray) -> bytes:
    """Return the map as a NumPy file, float32 (h, w)."""
    content = io.BytesIO()
    np.save(content, heatmap.astype(np.float32), allow_pickle=False)
    return content.getvalue()


def as_json(numbers: dict[str, Any]) -> bytes:
    """Return the numbers as a JSON file in UTF-8."""
    return (json.dumps(numbers, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
