"""One filter over the photo: what the browser computes is what Keras does, by hand, keys and play."""

import base64
from pathlib import Path

import keras
import numpy as np
import pytest
from playwright.sync_api import expect

from benchmarks.browser import settle
from melanoma.app.parts.lesson import convolution
from melanoma.app.parts.shared.samples import DEFAULT, sample
from melanoma.explain.lesson.reading_first_layer import first_layer
from melanoma.tutorial.network import build_tutorial_network
from melanoma.tutorial.recipes import TutorialRecipe
from tests.explain.subjects import drawings
from tests.tiny_backbone import build as build_tiny

SCRIPT = Path(convolution.__file__).with_name("convolution.js")
COMPUTE = """async ([script, data]) => {
    const module = await import(script);
    const layer = module.unpacked(data);
    const answers = module.convolved(layer, data.filter).map((sum) => module.rectified(layer, sum));
    return [[...answers], layer.pooling ? [...module.pooled(layer, answers)] : null];
}"""


def outputs(network: keras.Model, names: list[str], pixels: np.ndarray) -> list[np.ndarray]:
    """What Keras makes of the pixels in these layers."""
    inner = keras.Model(network.inputs, [network.get_layer(name).output for name in names])
    made = keras.tree.flatten(inner([pixels[None]], training=False))
    return [keras.ops.convert_to_numpy(maps)[0] for maps in made]


def padded_and_averaged() -> keras.Model:
    keras.utils.set_random_seed(5)
    pixels = keras.Input((64, 64, 3), dtype="uint8")
    x = keras.layers.Rescaling([0.01, 0.02, 0.03], [-1.0, 0.0, 0.5])(pixels)
    x = keras.layers.ZeroPadding2D(((0, 3), (2, 1)))(x)
    x = keras.layers.Conv2D(4, (3, 4), 3, bias_initializer="normal")(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    return keras.Model(pixels, keras.layers.AveragePooling2D(3, 2, padding="same", name="pool_1")(x))


def tiny() -> keras.Model:
    pixels = keras.Input((64, 64, 3), dtype="uint8")
    return keras.Model(pixels, build_tiny(pixels))


def test_maps_and_pooling_are_those_of_keras(browser):
    script = "data:text/javascript;base64," + base64.b64encode(SCRIPT.read_bytes()).decode()
    page = browser.new_page()
    tutorial = build_tutorial_network(TutorialRecipe("tiny", image_size=64), 9)
    for network in (tutorial, padded_and_averaged(), tiny()):
        layer, pixels = first_layer(network), drawings()[0]
        data = convolution.numbers(layer, pixels, None)
        names = [layer.output, *(["pool_1"] if layer.pooling else [])]
        for found, expected in zip(
            page.evaluate(COMPUTE, [script, data]), outputs(network, names, pixels), strict=False
        ):
            filtered = expected[..., data["filter"]].ravel()
            assert np.ptp(filtered) > 0.05
            assert found == pytest.approx(filtered, abs=1e-4)
    page.close()


def test_pointer_keys_and_play_show_the_network_s_numbers(address, browser, shipped_classifier):
    network = shipped_classifier.compiled.network
    layer = first_layer(network)
    pixels = shipped_classifier([sample(DEFAULT).pixels])[0].pixels
    (expected,) = outputs(network, [layer.output], pixels)
    moving = {"reduced_motion": "no-preference"}  # which a play is
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True, **moving)
    page.goto(f"{address}/lesson?lang=en&step=2")
    board, told = page.locator(".board.sums"), page.locator(".told")
    board.wait_for(timeout=90_000)
    settle(page)
    chosen = int(page.locator(".convolution select").input_value())

    def holds(row: int, column: int) -> None:
        expect(told).to_contain_text(f"Row {row + 1}, column {column + 1}:")
        answer = float(told.get_attribute("data-answer"))
        assert answer == pytest.approx(float(expected[row, column, chosen]), abs=1e-4)

    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    page.touchscreen.tap(box["x"] + 0.505 * box["width"], box["y"] + 0.255 * box["height"])
    rows, columns = layer.shape
    row, column = int(0.255 * rows), int(0.505 * columns)
    holds(row, column)
    board.focus()
    for key, down, right in (("ArrowDown", 1, 0), ("Shift+ArrowLeft", 0, -8), ("ArrowUp", -1, 0)):
        page.keyboard.press(key)
        row, column = row + down, column + right
        holds(row, column)
    page.keyboard.press("End")
    holds(row, columns - 1)
    assert told.get_attribute("aria-live") == "polite"
    drawn = "e => e.querySelector('canvas').getContext('2d').getImageData(0, 95, 96, 1).data.some(v => v)"
    assert board.evaluate(drawn), "the map is whole when the step opens"
    page.get_by_role("button", name="Play").click()
    expect(told).to_contain_text("Row 1,")
    assert not board.evaluate(drawn), "it fills from the top"
    page.get_by_role("button", name="Stop").click()
    assert board.evaluate(drawn)
    chosen = (chosen + 5) % len(layer.biases)
    page.locator(".convolution select").select_option(str(chosen))
    answer = float(told.get_attribute("data-answer"))
    at = [int(number) - 1 for number in page.evaluate("t => t.match(/\\d+/g).slice(0, 2)", told.inner_text())]
    assert answer == pytest.approx(float(expected[*at, chosen]), abs=1e-4)
    page.close()
