"""Images made anew without what a camera writes beside the picture: place, device, owner, profiles, comments."""

import io
from typing import Any

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from chassis.attachments import rules
from chassis.errors import Problem, invalid

Image.MAX_IMAGE_PIXELS = None  # the limit of ours is lower, is asked before a pixel is decoded, and says the figures

JPEG_QUALITY, WEBP_QUALITY = 92, 90


def without_metadata(content: bytes, format_: str) -> bytes:
    """An image of a format (`JPEG`, `PNG`, `WEBP`), turned as its orientation says, with nothing but its pixels.

    Raises a 422 problem for what is damaged, moves, or has too many pixels. CPU-bound: not for the event loop.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[format_]) as image:
            _refuse_large(image)
            if format_ != "JPEG" and getattr(image, "n_frames", 1) > 1:  # telephones put previews behind a JPEG
                raise invalid("/file", "image_moves", rules.MOVING)
            how = _as_before(image, format_)
            upright = ImageOps.exif_transpose(image)
            return _written(upright, format_, how)
    except Problem:
        raise
    except Exception as fault:  # a decoder given damaged bytes may raise anything
        raise invalid("/file", "image_broken", rules.BROKEN) from fault


def _refuse_large(image: Image.Image) -> None:
    """Before a pixel is decoded: a few bytes may claim to be a very large image."""
    pixels = image.width * image.height
    if pixels > rules.MOST_PIXELS:
        said = rules.TOO_MANY_PIXELS.filled(pixels=pixels // 1_000_000, most=rules.MOST_PIXELS // 1_000_000)
        raise invalid("/file", "too_many_pixels", said)


def _as_before(image: Image.Image, format_: str) -> dict[str, Any]:
    """How to write the image so that it loses little: a JPEG with the tables that it was written with."""
    if format_ == "WEBP":
        return {"quality": WEBP_QUALITY}
    if format_ == "PNG":
        return {}
    tables = getattr(image, "quantization", None)
    how: dict[str, Any] = {"qtables": tables} if tables else {"quality": JPEG_QUALITY}
    sampling = get_sampling(image)
    return how if sampling < 0 else how | {"subsampling": sampling}


def _written(image: Image.Image, format_: str, how: dict[str, Any]) -> bytes:
    if format_ == "JPEG" and image.mode not in {"L", "RGB"}:
        image, how = image.convert("RGB"), {"quality": JPEG_QUALITY}
    transparency = image.info.get("transparency")
    image.info = {} if transparency is None else {"transparency": transparency}
    made = io.BytesIO()
    image.save(made, format_, **how)
    return made.getvalue()
