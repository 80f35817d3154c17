"""Small real files of every type that is taken, and of some that are not."""

import io
import json
import struct
import wave
import zipfile
from typing import Any

import httpx
from PIL import Image, PngImagePlugin

from tests.make.complaints import Json, complaint, made

CANARY = "canary-of-a-camera-31.2304N-121.4737E"


def picture(format_: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """An image with its left half red and its right half blue."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    image.save(written, format_, **options)
    return written.getvalue()


def photograph(format_: str = "JPEG", orientation: int = 1) -> bytes:
    """An image with place, device and comment in all the ways its format has."""
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = CANARY, orientation
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    exif.get_ifd(0x8825)[29] = CANARY
    options: dict[str, Any] = {"exif": exif, "icc_profile": CANARY.encode()}
    if format_ == "JPEG":
        options["comment"] = CANARY
    elif format_ == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", CANARY)
        text.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY}</x>")
        options["pnginfo"] = text
    else:
        options |= {"xmp": f"<x>{CANARY}</x>".encode(), "lossless": True}
    return picture(format_, **options)


def office(main: str, *parts: str, listed: str = "") -> bytes:
    """A package of Office with one main part."""
    kind = {"word/document.xml": "wordprocessingml.document", "xl/workbook.xml": "spreadsheetml.sheet"}[main]
    types = f'<Override ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/>{listed}'
    return package(("[Content_Types].xml", f"<Types>{types}</Types>"), (main, "<x/>"), *((part, "x") for part in parts))


def package(*parts: tuple[str, str]) -> bytes:
    """A ZIP archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return written.getvalue()


def sound(seconds: float = 0.1) -> bytes:
    """A WAV of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 16_000)))
    return written.getvalue()


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box of an MPEG-4 file."""
    whole = b"".join(contents)
    return struct.pack(">I4s", 8 + len(whole), kind) + whole


def mpeg4(*handlers: bytes, brand: bytes = b"M4A ") -> bytes:
    """An MPEG-4 file with tracks of these handlers."""
    tracks = [
        box(b"trak", box(b"tkhd", bytes(8)), box(b"mdia", box(b"hdlr", bytes(8), one, bytes(12)))) for one in handlers
    ]
    return box(b"ftyp", brand, bytes(4), b"isom") + box(b"mdat", bytes(50)) + box(b"moov", *tracks)


def mp3(head: bytes = b"\xff\xfb\x90\x00", length: int = 417) -> bytes:
    """Three frames of 128 kbit/s at 44,100 Hz."""
    return (head + bytes(length - 4)) * 3


def ogg(codec: bytes = b"OpusHead") -> bytes:
    """The first page of an Ogg stream."""
    return b"OggS\0\x02" + bytes(20) + b"\x01\x13" + codec + bytes(11)


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

TAKEN: dict[str, tuple[str, bytes]] = {
    "invoice.pdf": ("application/pdf", PDF),
    "photo.jpg": ("image/jpeg", photograph("JPEG")),
    "screen.png": ("image/png", photograph("PNG")),
    "chat.webp": ("image/webp", photograph("WEBP")),
    "letter.docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        office("word/document.xml"),
    ),
    "figures.xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        office("xl/workbook.xml", "xl/printerSettings1.bin"),
    ),
    "note.txt": ("text/plain", "\ufeff两天了，\r\n还没有恢复。".encode()),
    "log.csv": ("text/plain", b"at,code\n2026-01-01,500\n"),
    "call.mp3": ("audio/mpeg", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + mp3()),
    "call-without-tag.mp3": ("audio/mpeg", mp3(b"\xff\xf3\x48\xc4", 144)),
    "call.wav": ("audio/wav", sound()),
    "call.m4a": ("audio/mp4", mpeg4(b"soun", brand=b"mp42")),
    "voice.ogg": ("audio/ogg", ogg()),
    "voice.amr": ("audio/amr", b"#!AMR\n" + bytes(32)),
}
"""Name → type by content and content."""


def recorded(name: str = "voice.ogg", content: bytes | None = None, **changes: Any) -> Json:
    """The parts of a request that registers a complaint with a recording and without words."""
    whole = complaint(**{"words": None} | changes)
    return {"data": {"complaint": json.dumps(whole)}, "files": {"file": (name, content or TAKEN["voice.ogg"][1])}}


async def send(client: httpx.AsyncClient, complaint_id: str, name: str, content: bytes, **form: str) -> httpx.Response:
    """The answer to a file that is added to a complaint."""
    files = {"file": (name, content, "application/x-claimed")}
    return await client.post(
        f"/v1/complaints/{complaint_id}/attachments", files=files, data={"purpose": "evidence"} | form
    )


async def add(client: httpx.AsyncClient, complaint_id: str, name: str, content: bytes, **form: str) -> Json:
    """An attachment of a complaint."""
    return made(await send(client, complaint_id, name, content, **form), 201)


async def link(client: httpx.AsyncClient, complaint_id: str, attachment_id: str) -> str:
    """A link that downloads an attachment."""
    path = f"/v1/complaints/{complaint_id}/attachments/{attachment_id}/link"
    return str(made(await client.post(path))["url"])
