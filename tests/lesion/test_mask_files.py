"""A mask is the same lesion in whatever way it is written."""

import numpy as np
import pytest
from PIL import Image

from melanoma.errors import UserError
from melanoma.lesion.mask_files import on_photo, read_mask

INSIDE = np.zeros((90, 120), bool)
INSIDE[20:60, 30:100] = True


def rgba(colour: np.ndarray | int, alpha: np.ndarray) -> Image.Image:
    pixels = np.zeros((90, 120, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = alpha
    return Image.fromarray(pixels)


def in_two_colours() -> Image.Image:
    picture = Image.fromarray(INSIDE.astype(np.uint8)).convert("P")
    picture.putpalette([0, 0, 0, 128, 0, 0])  # of the VOC challenges: dark red inside
    return picture


def half_clear_palette() -> Image.Image:
    picture = Image.fromarray(INSIDE.astype(np.uint8)).convert("P")
    picture.putpalette([7, 7, 7, 9, 9, 9])
    picture.info["transparency"] = 0
    return picture


WHITE = 255 * INSIDE.astype(np.uint8)
PHOTO = np.random.default_rng(0).integers(40, 220, (90, 120, 3), np.uint8)
MASKS = {
    "0 and 255": Image.fromarray(WHITE),
    "0 and 1": Image.fromarray(INSIDE.astype(np.uint8)),
    "0 and 1 in RGB": Image.fromarray(np.repeat(INSIDE[..., None].astype(np.uint8), 3, axis=2)),
    "one bit": Image.fromarray(WHITE).convert("1"),
    "two colours": in_two_colours(),
    "16 bits, 0 and 1": Image.fromarray(INSIDE.astype(np.uint16)),
    "16 bits, white": Image.fromarray(INSIDE.astype(np.uint16) * 65535),
    "alpha over black": rgba(0, WHITE),
    "alpha over the photo": rgba(PHOTO, WHITE),
    "alpha as the mask is": rgba(WHITE[..., None], WHITE),
    "alpha of grey": Image.merge("LA", [Image.new("L", (120, 90), 9), Image.fromarray(WHITE)]),
    "a transparent colour": half_clear_palette(),
    "opaque alpha": rgba(WHITE[..., None], np.full((90, 120), 255, np.uint8)),
    "white in black within a clear margin": rgba(
        WHITE[..., None], np.pad(np.full((80, 110), 255, np.uint8), ((5, 5), (5, 5)))
    ),
}


@pytest.mark.parametrize("name", MASKS)
def test_every_way_to_write_a_mask_gives_the_same_lesion(name, tmp_path):
    MASKS[name].save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png"), INSIDE)


def test_floating_and_packed_masks(tmp_path):
    Image.fromarray(INSIDE.astype(np.float32)).save(tmp_path / "mask.tif")
    assert np.array_equal(read_mask(tmp_path / "mask.tif"), INSIDE)
    Image.fromarray(WHITE).save(tmp_path / "mask.jpg", quality=60)
    assert (read_mask(tmp_path / "mask.jpg") != INSIDE).mean() < 0.01


@pytest.mark.parametrize(("value", "inside"), [(0, False), (1, True), (255, True), (3, False)])
def test_a_mask_of_one_value(tmp_path, value, inside):
    Image.new("L", (80, 80), value).save(tmp_path / "mask.png")
    assert (read_mask(tmp_path / "mask.png") == inside).all()


def test_classes_are_no_mask(tmp_path):
    Image.fromarray(INSIDE.astype(np.uint8) * 2 + np.eye(90, 120, dtype=np.uint8)).save(
        tmp_path / "classes.png"
    )
    with pytest.raises(UserError, match="classes.png is no mask of a lesion"):
        read_mask(tmp_path / "classes.png")


def test_another_size_is_laid_on_the_photo_and_other_proportions_are_refused():
    twice = np.repeat(np.repeat(INSIDE, 2, axis=0), 2, axis=1)
    assert np.array_equal(on_photo(twice, 120, 90), INSIDE) and np.array_equal(
        on_photo(INSIDE, 240, 180), twice
    )
    assert np.array_equal(on_photo(INSIDE, 90, 90), INSIDE[:, 15:105])
    for width, height in ((90, 120), (120, 100), (160, 90)):
        with pytest.raises(UserError, match="120 x 90 pixels and the photo .* other proportions"):
            on_photo(INSIDE, width, height)
