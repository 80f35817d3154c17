"""Which words a text has, by which terms they are looked up, and whether a text has the words that are sought."""

import re
import unicodedata
from collections.abc import Iterable

# Scripts whose words stand without blanks between them, or take endings: Chinese, Japanese, Korean.
UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
BROKEN = re.compile(f"(?<=[{UNSPACED}])\\s+(?=[{UNSPACED}])")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")

BEGINNINGS = (2, 3, 4, 6, 8)
"""Of a word of letters and digits, the beginnings of these lengths are terms."""


def words_of(text: str) -> frozenset[str]:
    """The words of a complaint: runs of unspaced script, and words of letters and digits.

    Width, ligatures and case make no difference; punctuation parts. What a mail program broke into lines is one run.
    """
    return frozenset(WORD.findall(BROKEN.sub("", _folded(text))))


def sought_words(text: str) -> frozenset[str]:
    """The words of what is sought: here a blank always parts."""
    return frozenset(WORD.findall(_folded(text)))


def terms_of(words: Iterable[str]) -> set[str]:
    """All terms that words are found by: of unspaced script any two characters in a row, of others the beginnings."""
    return {term for word in words for term in (_pairs(word) if IS_UNSPACED.match(word) else _beginnings(word))}


def sought_terms(words: Iterable[str]) -> set[str]:
    """The terms that a text must have to have all these words; single characters need none."""
    return {term for word in words for term in (_pairs(word) if IS_UNSPACED.match(word) else _beginnings(word)[-1:])}


def holds(words: Iterable[str], sought: Iterable[str]) -> bool:
    """Whether a text with these words has all that is sought: unspaced script anywhere, others by their beginning."""
    known = tuple(words)
    return all(any(_begins(word, one) for word in known) for one in sought)


def _begins(word: str, sought: str) -> bool:
    return sought in word if IS_UNSPACED.match(sought) else word.startswith(sought)


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(len(word) - 1)]


def _beginnings(word: str) -> list[str]:
    return [word[:length] for length in BEGINNINGS if length <= len(word)]


def _folded(text: str) -> str:
    # Small letters may be of another form than the great ones were, so the form is set before and after.
    small = unicodedata.normalize("NFKC", text).casefold()
    return UNSEEN.sub("", unicodedata.normalize("NFKC", small))
