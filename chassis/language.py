"""The language of an answer, from `Accept-Language`."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request


@lru_cache(maxsize=1024)
def language_of(accept_language: str | None) -> str:
    """`en` or `zh-CN`, whichever the header asks for more (RFC 9110, 12.5.4); `en` when it asks for neither."""
    best, weight = "en", 0.0
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        primary = tag.strip().lower().split("-")[0]
        if primary in {"en", "zh"} and quality > weight:
            best, weight = ("zh-CN" if primary == "zh" else "en"), quality
    return best


async def language_of_request(request: Request) -> str:
    """The language of the request at hand."""
    return language_of(request.headers.get("accept-language"))


Language = Annotated[str, Depends(language_of_request)]
