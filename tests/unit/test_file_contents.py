"""The type of a file is told by its content, and images keep nothing but their picture."""

import io
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chassis.attachments import rules
from chassis.attachments.contents import type_of
from chassis.attachments.images import without_metadata
from chassis.attachments.rules import TYPES, ending_of, is_misnamed, plain_name, served_name, type_named
from chassis.attachments.uploads import check
from chassis.errors import Problem
from tests.make import files
from tests.make.files import CANARY, TAKEN, mp3, mpeg4, office, ogg, package, photograph, picture


@pytest.mark.parametrize("name", TAKEN)
def test_a_type_is_told_by_the_content_alone(name: str) -> None:
    media_type, content = TAKEN[name]
    assert type_of(content).media_type == media_type
    assert check(content, name).type.media_type == media_type
    assert check(content, "without ending").type.media_type == media_type


def test_every_type_of_the_list_has_a_sample() -> None:
    assert {media_type for media_type, _ in TAKEN.values()} == {one.media_type for one in TYPES}


NOT_TAKEN: dict[str, bytes] = {
    "a program": b"MZ\x90\0" + bytes(100),
    "a program of Linux": b"\x7fELF" + bytes(100),
    "an archive": package(("letter.txt", "x")),
    "an archive that says it is a document": package(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "x")),
    "half an archive": office("word/document.xml")[:60],
    "a presentation": package(("[Content_Types].xml", "presentationml.presentation.main+xml")),
    "a GIF": picture("GIF"),
    "a TIFF": picture("TIFF"),
    "a video": mpeg4(b"vide", b"soun", brand=b"isom"),
    "MPEG-4 without tracks": mpeg4(),
    "Ogg with video": ogg(b"\x80theora"),
    "one frame of MPEG and then nothing": mp3()[:420],
    "a PDF without its end": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\nhalf",
    "a PDF behind something else": b"<script>1</script>" + b"%PDF-1.7 %%EOF" + b"\0",
    "text of another encoding": "投诉".encode("gb18030"),
    "UTF-16": "text".encode("utf-16"),
    "text with a zero": b"a\0b",
    "text that controls a terminal": b"\x1b[2Jhello",
}


@pytest.mark.parametrize("content", NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_is_of_no_such_type_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as refusal:
        type_of(content)
    assert refusal.value.kind.status == 415
    assert refusal.value.detail == rules.ACCEPTED


MACROS = {
    "a part": office("word/document.xml", "word/vbaProject.bin"),
    "a part of another name": office("word/document.xml", listed='<Override ContentType="…ms-office.vbaProject"/>'),
    "a main part with macros": package(("[Content_Types].xml", "ms-word.document.macroEnabled.main+xml")),
    "controls": office("xl/workbook.xml", "xl/activeX/activeX1.bin"),
}


@pytest.mark.parametrize("content", MACROS.values(), ids=MACROS)
def test_a_document_with_macros_is_refused_as_such(content: bytes) -> None:
    with pytest.raises(Problem) as refusal:
        type_of(content)
    assert refusal.value.detail == rules.MACROS


def test_a_package_whose_list_unpacks_to_very_much_is_refused_without_unpacking_it() -> None:
    bomb = package(("[Content_Types].xml", "wordprocessingml.document.main+xml" + " " * 50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(Problem) as refusal:
        type_of(bomb)
    assert refusal.value.kind.status == 415


@given(st.binary(max_size=300), st.sampled_from([content[:40] for _, content in TAKEN.values()]))
def test_any_bytes_are_of_a_type_or_refused(tail: bytes, head: bytes) -> None:
    for content in (tail, head + tail):
        assert outcome(content) in {"taken", 415, 422}


def outcome(content: bytes) -> str | int:
    try:
        check(content, "file")
    except Problem as problem:
        return problem.kind.status
    return "taken"


@pytest.mark.parametrize(
    ("name", "sample"),
    [("letter.pdf", "photo.jpg"), ("photo.jpg", "invoice.pdf"), ("page.html", "note.txt"), ("run.exe", "note.txt"),
     ("letter.docx", "figures.xlsx"), ("call.mp3", "note.txt"), ("invoice.pdf.exe", "invoice.pdf"),
     ("page.svg", "note.txt"), ("letter.docm", "letter.docx")],
)  # fmt: skip
def test_a_name_that_belies_the_content_is_refused(name: str, sample: str) -> None:
    with pytest.raises(Problem) as refusal:
        check(TAKEN[sample][1], name)
    assert refusal.value.kind.status == 415
    assert ending_of(name) in refusal.value.detail.en
    assert ending_of(name) in refusal.value.detail.zh


@pytest.mark.parametrize(
    ("name", "sample", "served"),
    [("IMG_1.JPG", "screen.png", "IMG_1.JPG.png"), ("IMG_1.JPG", "photo.jpg", "IMG_1.JPG"),
     ("photo.JPEG", "photo.jpg", "photo.JPEG"), ("voice.aac", "call.m4a", "voice.aac.m4a"),
     ("投诉单", "invoice.pdf", "投诉单.pdf"), ("a.csv", "log.csv", "a.csv"), ("a", "log.csv", "a.txt")],
)  # fmt: skip
def test_a_name_of_the_same_family_is_put_right(name: str, sample: str, served: str) -> None:
    found = type_named(TAKEN[sample][0])
    assert not is_misnamed(name, found)
    assert served_name(name, found) == served


@pytest.mark.parametrize(
    ("given_", "plain"),
    [("../../etc/passwd", "passwd"), (r"C:\Users\wang\发票.pdf", "发票.pdf"), ("a\r\nX: 1.txt", "aX: 1.txt"),
     ("", "file"),
     (None, "file"), ("..", "file"), ("\u202efdp.exe", "fdp.exe"), (".txt", "txt"),
     ("x" * 300 + ".pdf", "x" * 196 + ".pdf")],
)  # fmt: skip
def test_a_name_is_plain(given_: str | None, plain: str) -> None:
    assert plain_name(given_) == plain


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_an_image_keeps_nothing_but_its_picture(format_: str) -> None:
    before = photograph(format_)
    assert CANARY.encode() in before
    after = without_metadata(before, format_)
    assert CANARY.encode() not in after
    for mark in (b"Exif", b"eXIf", b"EXIF", b"ICC", b"iCCP", b"tEXt", b"iTXt", b"XMP", b"http:"):
        assert mark not in after
    with Image.open(io.BytesIO(after)) as image:
        assert image.size == (40, 30)
        assert not dict(image.getexif())
        assert looks_red(image, (5, 15))
        assert not looks_red(image, (35, 15))


def looks_red(image: Image.Image, at: tuple[int, int]) -> bool:
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[0] > 200 and pixel[2] < 60


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_an_image_stays_as_it_was_to_be_seen(format_: str) -> None:
    turned = without_metadata(photograph(format_, orientation=6), format_)  # taken with the camera on its side
    with Image.open(io.BytesIO(turned)) as image:
        assert image.size == (30, 40)
        assert looks_red(image, (15, 5))
        assert not looks_red(image, (15, 35))


def moving(format_: str) -> bytes:
    written = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(written, format_, save_all=True, append_images=frames[1:])
    return written.getvalue()


def of_two_pictures() -> bytes:
    written = io.BytesIO()
    images = [Image.new("RGB", (64, 64), "red"), Image.new("RGB", (16, 16), "blue")]
    images[0].save(written, "MPO", save_all=True, append_images=images[1:])
    return written.getvalue()


def claims(width: int, height: int) -> bytes:
    """A PNG of 1 pixel whose head says that it is larger."""
    content = bytearray(picture("PNG", (1, 1)))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    return bytes(content)


REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "moving PNG": (lambda: moving("PNG"), "PNG", "image_moves"),
    "moving WebP": (lambda: moving("WEBP"), "WEBP", "image_moves"),
    "cut short": (lambda: picture("PNG", (300, 300))[:300], "PNG", "image_broken"),
    "no JPEG behind its mark": (lambda: b"\xff\xd8\xff" + bytes(100), "JPEG", "image_broken"),
    "of very many pixels": (lambda: claims(8000, 8000), "PNG", "too_many_pixels"),
    "a bomb": (lambda: claims(60_000, 60_000), "PNG", "too_many_pixels"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_image_that_cannot_be_made_anew_is_refused(case: str) -> None:
    content, format_, code = REFUSED[case]
    with pytest.raises(Problem) as refusal:
        without_metadata(content(), format_)
    assert refusal.value.kind.status == 422
    assert [one.code for one in refusal.value.errors] == [code]


def test_the_preview_behind_a_photograph_goes() -> None:
    both = of_two_pictures()
    with Image.open(io.BytesIO(without_metadata(both, "JPEG"))) as image:
        assert (image.format, image.size) == ("JPEG", (64, 64))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "LA", "I;16", "1"])
def test_a_png_of_any_kind_keeps_its_pixels(mode: str) -> None:
    image = Image.new(mode, (4, 4), 1)
    written = io.BytesIO()
    image.save(written, "PNG")
    with Image.open(io.BytesIO(without_metadata(written.getvalue(), "PNG"))) as again:
        assert again.convert("RGBA").tobytes() == image.convert("RGBA").tobytes()


def test_a_picture_for_print_is_taken() -> None:
    written = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(written, "JPEG")
    with Image.open(io.BytesIO(without_metadata(written.getvalue(), "JPEG"))) as image:
        assert image.mode == "RGB"


def test_an_empty_file_and_one_that_is_too_large_are_refused() -> None:
    with pytest.raises(Problem) as empty:
        check(b"", "a.txt")
    assert [one.code for one in empty.value.errors] == ["empty"]
    with pytest.raises(Problem) as large:
        check(b"a" * (rules.MOST_BYTES + 1), "a.txt")
    assert large.value.kind.status == 413
    assert check(b"a" * rules.MOST_BYTES, "a.txt").size == 10_000_000


def test_what_is_no_image_is_kept_byte_for_byte() -> None:
    checked = check(files.PDF, "a.pdf")
    assert checked.kept == files.PDF
    assert checked.sha256 == checked.kept_sha256
