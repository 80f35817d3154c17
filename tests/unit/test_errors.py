"""Problems have one shape, in both languages, and every text of the chassis is in both."""

import ast
import json
import re
from collections.abc import Iterator

import pytest

from chassis import errors
from chassis.errors import BY_STATUS, FieldError, Kind, Objection, Problem, ProblemOut
from contracts.base import Text
from tests.make.sources import sources

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, Kind)]
PLACE = re.compile(r"\{(\w+)")
CHINESE = re.compile("[\u4e00-\u9fff]")
WHOLE = Problem(
    errors.REFUSED,
    Text("Not now.", "现在不行。"),
    objections=[
        Objection("key", Text("No key.", "没有钥匙。"), "8.2"),
        Objection("hand", Text("No hand.", "没有手。")),
    ],
    errors=[FieldError("/name", "missing", Text("This is needed.", "此项必填。"))],
    headers={"Retry-After": "1"},
)


def test_codes_are_unique_and_every_status_has_a_kind_to_fall_back_on() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(codes) == len(set(codes))
    assert {kind.status for kind in KINDS} == BY_STATUS.keys()
    for status, kind in BY_STATUS.items():
        assert kind.status == status


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_kind_is_an_error_with_a_title_in_both_languages(kind: Kind) -> None:
    assert 400 <= kind.status < 600
    assert re.fullmatch("[a-z]+(_[a-z]+)*", kind.code)
    assert kind.title.en[0].isupper()
    assert not CHINESE.search(kind.title.en)
    assert CHINESE.search(kind.title.zh)
    document = Problem(kind).document(instance="/v1/x", trace_id="0" * 32, language="en")
    assert document["detail"] == kind.title.en, "a problem always says something"


@pytest.mark.parametrize(("language", "place"), [("en", 0), ("zh-CN", 1)])
def test_a_problem_document_has_all_members_in_the_language_of_the_request(language: str, place: int) -> None:
    document = WHOLE.document(instance="/v1/doors/1/lock", trace_id="a" * 32, language=language)
    assert document == {
        "type": "urn:surety:problem:refused",
        "title": errors.REFUSED.title[place],
        "status": 409,
        "detail": ("Not now.", "现在不行。")[place],
        "instance": "/v1/doors/1/lock",
        "trace_id": "a" * 32,
        "objections": [
            {"code": "key", "message": ("No key.", "没有钥匙。")[place], "clause": "8.2"},
            {"code": "hand", "message": ("No hand.", "没有手。")[place], "clause": None},
        ],
        "errors": [{"pointer": "/name", "code": "missing", "detail": ("This is needed.", "此项必填。")[place]}],
    }
    assert ProblemOut.model_validate(document).model_dump() == document


def test_the_answer_names_its_kind_language_and_headers() -> None:
    answer = WHOLE.response(instance="/v1/doors/1/lock", trace_id="a" * 32, language="zh-CN")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "zh-CN"
    assert answer.headers["retry-after"] == "1"
    assert json.loads(bytes(answer.body))["title"] == errors.REFUSED.title.zh
    assert "objections" not in Problem(errors.INTERNAL).document(instance="/", trace_id="", language="en")


def texts() -> Iterator[tuple[str, str, str]]:
    """Every text that is written out in the code: where it stands, its English and its Chinese."""
    for source in sources("chassis", "contracts", "services", "gateway"):
        for node in ast.walk(source.tree):
            is_text = isinstance(node, ast.Call) and ast.unparse(node.func) == "Text"
            arguments = node.args if is_text and isinstance(node, ast.Call) else []
            if len(arguments) == 2 and all(isinstance(one, ast.Constant | ast.JoinedStr) for one in arguments):
                yield source.at(arguments[0]), ast.unparse(arguments[0]), ast.unparse(arguments[1])


def test_every_text_in_the_code_has_english_on_one_side_and_chinese_on_the_other() -> None:
    wrong = [where for where, english, chinese in texts() if CHINESE.search(english) or not CHINESE.search(chinese)]
    assert len(list(texts())) > 100
    assert not wrong, f"one of the two is in the wrong language: {wrong}"


def test_every_text_has_the_same_places_to_fill_in_both_languages() -> None:
    plain = [one for one in texts() if not one[1].startswith("f")]
    wrong = [where for where, *both in plain if len({tuple(sorted(PLACE.findall(text))) for text in both}) > 1]
    assert not wrong, f"one of the two languages says less: {wrong}"
