"""A map that grows channel by channel, whole at first: all stops are sent at once, the browser plays them."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from melanoma.app.parts.shared.component import own_component
from melanoma.app.parts.shared.language import format_number, say
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.lesson.contributions import Contributions, counts_to_choose
from melanoma.figures.lesson import coloured
from melanoma.figures.map_colours import bar_colours
from melanoma.figures.overlay import Overlay
from melanoma.model.prediction import Prediction
from melanoma.photos.encoding import as_jpeg, as_png, data_uri

_SIDE, _QUALITY = 360, 75  # pixels of a frame, and of its JPEG: some 20 of them are sent at once
_SMALL = 48  # cells a side, at most, of the pictures of one channel
_POINTS = 200  # of the curve
_HTML = """<div class="own growing">
<div class="bar"><button type="button" class="play"></button><input type="range" min="0" step="1"></div>
<p class="told"></p>
<div class="sides"><div><div class="frames" role="img"></div>
<div class="bar-colours"></div><div class="bar-numbers"></div><p class="unit" data-words="unit"></p>
<fieldset class="wipe">
<label><input type="radio" name="wipe" checked><span data-words="map"></span></label>
<label><input type="radio" name="wipe" class="half"><span data-words="half"></span></label>
<label><input type="radio" name="wipe" class="photo"><span data-words="photo"></span></label>
</fieldset></div>
<div><svg viewBox="0 0 320 156" aria-hidden="true"></svg></div></div>
<div class="last"><p class="last-words"></p><div class="channels">
<figure class="feature"><img alt=""><figcaption></figcaption></figure>
<figure class="product"><img alt=""><figcaption></figcaption></figure>
</div></div></div>"""
_BOARD = own_component("melanoma-growing", _HTML, Path(__file__).with_name("growing"), controls=True)


def show_growing(stops: dict[str, Any], owner: str) -> None:
    """Draw slider, play, the map so far, the sum so far and the last channel added.

    `stops` are those of `stops_of`; `owner` names what they are of: another one starts whole.
    """
    _BOARD(key="growing", data={"owner": owner, **stops})


def stops_of(
    photo: np.ndarray, prediction: Prediction, code: str, parts: Contributions, cut: bool
) -> dict[str, Any]:
    """Return what the browser shows at each number of channels, the last the whole map, ready for JSON.

    `photo` is uint8 RGB (H, W, 3). `cut` drops what is below 0, as Grad-CAM does.
    """
    whole = parts.whole
    limit = float(np.abs(whole).max()) or 1.0  # of the whole map, so that the colours grow with it
    counts = counts_to_choose(len(parts.channels))
    sums = np.concatenate([[0.0], np.cumsum(parts.totals)])
    points = sorted({*counts, *range(0, len(sums), max(1, len(sums) // _POINTS))})
    plain = Overlay(photo, whole, prediction.geometry, limit, signed=not cut)
    stops = [_stop(photo, prediction, code, parts, count, limit, cut) for count in counts]
    values = [-limit, 0.0, limit] if not cut else [0.0, limit / 2, limit]
    return {
        "stops": stops,
        "channels": len(parts.channels),
        "counts": points,
        "curve": [round(float(sums[count]), 4) for count in points],
        "photo": data_uri(as_jpeg(plain.square(_SIDE), _QUALITY), "jpeg"),
        "colours": [f"rgb({red},{green},{blue})" for red, green, blue in bar_colours(17, not cut)],
        "scale": [format_number(value, "+.2g") if value else "0" for value in values],
        "words": {
            "play": say("Play: add the channels up"),
            "stop": say("Stop"),
            "slider": say("How many channels are added up"),
            "added": say("Channels added"),
            "unit": say("Logit units in each cell"),
            "wipe": say("What is shown"),
            "map": say("Map"),
            "half": say("Half and half"),
            "photo": say("Photo"),
        },
    }


def _stop(
    photo: np.ndarray,
    prediction: Prediction,
    code: str,
    parts: Contributions,
    count: int,
    limit: float,
    cut: bool,
) -> dict[str, Any]:
    """Return pictures and words of the map once `count` channels are added."""
    heatmap = parts.sum_of(count)
    overlay = Overlay(
        photo, np.maximum(heatmap, 0) if cut else heatmap, prediction.geometry, limit, signed=not cut
    )
    name, so_far, rest = say(diagnosis_of(code).name), float(parts.totals[:count].sum()), parts.rest(count)
    total = {"all": len(parts.channels), "count": count}
    return {
        "count": count,
        "frame": data_uri(as_jpeg(overlay.picture(_SIDE), _QUALITY), "jpeg"),
        "sum": format_number(so_far, "+.2f"),
        "label": say("{count} of {all} channels", **total),
        "alt": say("The map of {name} so far, {count} channels added.", name=name, count=count),
        "words": say(
            "{name}: {count} of {all} channels add {so_far:+.2f}; the other {others} add {rest:+.2f}. "
            "Together {total:+.2f}.",
            name=name,
            so_far=so_far,
            others=len(parts.channels) - count,
            rest=rest,
            total=so_far + rest,
            **total,
        ),
        "last": _last(parts, count - 1) if count else None,
    }


def _last(parts: Contributions, number: int) -> dict[str, str]:
    """Return the channel added last: its map, and its map times its weight."""
    feature, product = parts.maps[..., number], parts.product(number)
    values = {
        "channel": int(parts.channels[number]),
        "weight": float(parts.weights[number]),
        "total": float(parts.totals[number]),
    }
    brightest, most = float(feature.max()), float(np.abs(product).max())
    return {
        "words": say(
            "The channel added last: channel {channel}, weight {weight:+.5f} for each unit of a cell. "
            "Weight times map adds {total:+.3f} in all.",
            **values,
        ),
        "feature": _picture(feature, brightest, signed=False),
        "feature_alt": say("Feature map of channel {channel}.", **values),
        "feature_words": say("Feature map, 0 to {most:.2f}", most=brightest),
        "product": _picture(product, most, signed=True),
        "product_alt": say("Weight times map of channel {channel}, {total:+.3f} in all.", **values),
        "product_words": say("Weight times map, {least:+.4f} to {most:+.4f}", least=-most, most=most),
    }


def _picture(heatmap: np.ndarray, limit: float, signed: bool) -> str:
    if max(heatmap.shape) > _SMALL:
        heatmap = cv2.resize(heatmap, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    return data_uri(as_png(coloured(heatmap, limit or 1.0, signed)), "png")
