"""The type of a file by its content alone: a test of structure for each type that is taken.

Neither the name nor the type that the sender declares is asked. The tests of formats that begin with a mark come first,
text is what is left.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator

from chassis.attachments import rules
from chassis.attachments.rules import Type
from chassis.errors import UNSUPPORTED, Problem

MOST_PARTS, PARTS_BYTES = 5_000, 1_000_000
MACROS = (b"macroenabled", b"vbaproject", b"activex")
MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": rules.DOCX,
    b"spreadsheetml.sheet.main+xml": rules.XLSX,
}
MPEG_BITRATES = {  # kbit/s of layer III by the field's value (ISO/IEC 11172-3, 13818-3)
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MPEG_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")


def type_of(content: bytes) -> Type:
    """The type of a file; raises a 415 problem for what is not taken, and for documents with macros."""
    for is_one, found in TESTS:
        if is_one(content):
            return found
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if _is_text(content):
        return rules.PLAIN
    raise Problem(UNSUPPORTED, rules.ACCEPTED)


def _is_pdf(content: bytes) -> bool:
    return content.startswith((b"%PDF-1.", b"%PDF-2.")) and b"%%EOF" in content[-2048:]


def _is_wav(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WAVE" and b"fmt " in content[12:4096]


def _is_amr(content: bytes) -> bool:
    return content.startswith((b"#!AMR\n", b"#!AMR-WB\n"))


def _is_ogg(content: bytes) -> bool:
    """The first page of an Ogg stream (RFC 3533) holds the head of a sound codec."""
    if content[:5] != b"OggS\0" or len(content) < 28:
        return False
    return content[27 + content[26] :].startswith(OGG_SOUND)


def _is_mp3(content: bytes) -> bool:
    """Two frames of MPEG layer III follow each other, after a tag of ID3 if there is one."""
    start = 0
    if content[:3] == b"ID3" and len(content) > 10:
        size = 0
        for one in content[6:10]:
            size = size << 7 | one & 0x7F
        start = 10 + size
        while start < len(content) and content[start] == 0:  # padding
            start += 1
    first = _mpeg_frame(content, start)
    return first > 0 and _mpeg_frame(content, start + first) > 0


def _mpeg_frame(content: bytes, at: int) -> int:
    """The length of the frame at a place in bytes; 0 where there is none."""
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, bits = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or rate == 3 or bits in {0, 15}:
        return 0
    samples = 144 if version == 3 else 72
    kbits = MPEG_BITRATES[3 if version == 3 else 2][bits]
    return samples * kbits * 1000 // MPEG_RATES[version][rate] + (head[2] >> 1 & 1)


def _is_m4a(content: bytes) -> bool:
    """An MPEG-4 file (ISO/IEC 14496-12) whose tracks are all sound: a video tells too much, and is refused."""
    if content[4:8] != b"ftyp":
        return False
    handlers = [
        content[at + 8 : at + 12]
        for moov in _boxes(content, 0, len(content), b"moov")
        for trak in _boxes(content, *moov, b"trak")
        for mdia in _boxes(content, *trak, b"mdia")
        for at, _ in _boxes(content, *mdia, b"hdlr")
    ]
    return bool(handlers) and set(handlers) == {b"soun"}


def _boxes(content: bytes, at: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Where the contents of boxes of one kind begin and end."""
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack(">Q", content[at + 8 : at + 16])[0], 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            return
        if kind == wanted:
            yield at + head, at + size
        at += size


def _office(content: bytes) -> Type:
    """The type of an Office document by its list of parts (ECMA-376, part 2): that alone is unpacked, within bounds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = [name.lower() for name in package.namelist()[: MOST_PARTS + 1]]
            with package.open("[Content_Types].xml") as listed:
                parts = listed.read(PARTS_BYTES + 1).lower()
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError, EOFError):
        raise Problem(UNSUPPORTED, rules.ACCEPTED) from None
    if any(mark in parts for mark in MACROS) or any(mark.decode() in name for name in names for mark in MACROS):
        raise Problem(UNSUPPORTED, rules.MACROS)
    found = {kind for mark, kind in MAIN_PARTS.items() if mark in parts}
    if len(found) != 1 or len(parts) > PARTS_BYTES or len(names) > MOST_PARTS:
        raise Problem(UNSUPPORTED, rules.ACCEPTED)
    return found.pop()


def _is_text(content: bytes) -> bool:
    """Whether it is UTF-8 without control characters but for ends of lines, pages and tabs."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(one < " " and one not in "\t\n\r\f" for one in set(text)) and "\x7f" not in text


TESTS: tuple[tuple[Callable[[bytes], bool], Type], ...] = (
    (_is_pdf, rules.PDF),
    (lambda content: content.startswith(b"\xff\xd8\xff"), rules.JPEG),
    (lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"), rules.PNG),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", rules.WEBP),
    (_is_wav, rules.WAV),
    (_is_ogg, rules.OGG),
    (_is_amr, rules.AMR),
    (_is_m4a, rules.M4A),
    (_is_mp3, rules.MP3),
)
"""The beginning of an image is enough here: it is decoded whole afterwards."""
