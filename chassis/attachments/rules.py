"""Which files are taken, how many, and under which name they are handed out: pure tables and functions."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts.base import Text

MOST_BYTES: Final = 10_000_000
MOST_KEPT_BYTES: Final = 2 * MOST_BYTES
"""An image that is made anew may grow, but not without bound."""
MOST_PIXELS: Final = 50_000_000
"""Enough for the cameras of telephones; decoded, an image takes up to 4 bytes for each."""
MOST_ATTACHMENTS: Final = 100
"""Attachments of one record."""
LINK_LIFE: Final = timedelta(minutes=5)
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Type:
    """A type of file that is taken: what it is called, and the endings its names may have, its own one first.

    Types of one family are told apart by nobody but programs: a name that says another one of them is put right.
    """

    media_type: str
    family: str
    endings: tuple[str, ...]


_IMAGES = (".jpeg", ".jpg", ".jfif", ".png", ".webp")
_SOUNDS = (".mp3", ".wav", ".m4a", ".mp4", ".ogg", ".oga", ".opus", ".amr", ".awb", ".aac", ".3gp")

PDF = Type("application/pdf", "pdf", (".pdf",))
JPEG = Type("image/jpeg", "image", (".jpg", *_IMAGES))
PNG = Type("image/png", "image", (".png", *_IMAGES))
WEBP = Type("image/webp", "image", (".webp", *_IMAGES))
DOCX = Type("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", (".docx",))
XLSX = Type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", (".xlsx",))
PLAIN = Type("text/plain", "text", (".txt", ".csv", ".log"))
MP3 = Type("audio/mpeg", "sound", (".mp3", *_SOUNDS))
WAV = Type("audio/wav", "sound", (".wav", *_SOUNDS))
M4A = Type("audio/mp4", "sound", (".m4a", *_SOUNDS))
OGG = Type("audio/ogg", "sound", (".ogg", *_SOUNDS))
AMR = Type("audio/amr", "sound", (".amr", *_SOUNDS))
TYPES: Final = (PDF, JPEG, PNG, WEBP, DOCX, XLSX, PLAIN, MP3, WAV, M4A, OGG, AMR)
"""The allow-list. No video and no GIF (what they tell beside the picture cannot be taken out), no HTML, no archives."""

_ALIKE = {
    PNG.media_type: (".png",),
    JPEG.media_type: (".jpg", ".jpeg", ".jfif"),
    WEBP.media_type: (".webp",),
    MP3.media_type: (".mp3",),
    WAV.media_type: (".wav",),
    M4A.media_type: (".m4a",),
    OGG.media_type: (".ogg", ".oga", ".opus"),
    AMR.media_type: (".amr", ".awb"),
}

SOUND = MP3.family

ACCEPTED = Text(
    "The content is of no type that is taken. Taken are PDF, JPEG, PNG, WebP, Word (.docx), Excel (.xlsx), text and CSV"
    " in UTF-8, and sound: MP3, WAV, M4A, OGG, AMR.",
    "文件内容不属于可接收的类型。可接收：PDF、JPEG、PNG、WebP、Word（.docx）、Excel（.xlsx）、UTF-8 编码的文本和 CSV，"
    "以及录音：MP3、WAV、M4A、OGG、AMR。",
)
MISNAMED = Text(
    "The name ends with {ending}, but the content is {media_type}; such a name ends with {endings}.",
    "文件名以 {ending} 结尾，但内容是 {media_type}；此类文件名应以 {endings} 结尾。",
)
MACROS = Text("Documents with macros are not taken.", "不接收含宏的文档。")
MOVING = Text("Images that move are not taken; send a picture or a PDF.", "不接收动态图片，请改传静态图片或 PDF。")
BROKEN = Text("The image cannot be read: it is damaged or cut short.", "图片无法读取：文件已损坏或不完整。")
TOO_MANY_PIXELS = Text(
    "The image has {pixels} million pixels; at most {most} million are taken.",
    "图片有 {pixels} 百万像素，最多 {most} 百万像素。",
)
EMPTY = Text("The file is empty.", "文件为空。")
TOO_BIG = Text("The file has more than {bytes} bytes.", "文件超过 {bytes} 字节。")


def plain_name(given: str | None) -> str:
    """A file's name as it was sent, without folders and characters that do not show; `file` where nothing is left."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    shown = "".join(one for one in last if unicodedata.category(one)[0] != "C").strip(" .")
    return shown[-LONGEST_NAME:].strip(" .") or "file"


def ending_of(name: str) -> str:
    """The ending of a name in lower case with its dot; empty where there is none."""
    before, dot, after = name.rpartition(".")
    return f".{after.lower()}" if before and dot and after.isalnum() and after.isascii() else ""


def is_misnamed(name: str, found: Type) -> bool:
    """Whether a name claims another kind of file than its content is, in a way that would deceive a person."""
    ending = ending_of(name)
    return ending not in ("", *found.endings)


def served_name(name: str, found: Type) -> str:
    """The name under which a file is handed out: its ending tells the type of its content."""
    own = _ALIKE.get(found.media_type, found.endings)
    return name if ending_of(name) in own else f"{name}{found.endings[0]}"


def type_named(media_type: str) -> Type:
    """The type of a stored file."""
    return next(one for one in TYPES if one.media_type == media_type)
