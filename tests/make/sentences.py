"""Complaints in real sentences, Chinese as people write it, made from a seed."""

import random
from functools import cache
from typing import NamedTuple

from tests.make.sources import ROOT

FILE = ROOT / "tests" / "data" / "complaint_sentences_zh.txt"
CITIES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安", "苏州", "南京", "沈阳", "长沙")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "芳伟娜敏静强磊洋勇艳杰娟涛明超霞平刚桂英"
SYSTEMS = ("门户网站", "采购平台", "报销系统", "选课系统", "档案系统", "考勤系统", "库存系统", "审批平台", "对账模块")
TROUBLES = ("无法使用", "反复出错", "没有人处理", "数据不对", "响应太慢")


class Said(NamedTuple):
    """What a complaint says."""

    title: str
    words: str


@cache
def sentences() -> tuple[str, ...]:
    """All sentences of the file."""
    return tuple(FILE.read_text(encoding="utf-8").splitlines())


def said(chance: random.Random) -> Said:
    """A complaint of about a hundred characters: who, where, which ticket, and two to five sentences."""
    who = f"{chance.choice(SURNAMES)}{chance.choice(GIVEN)}{chance.choice(GIVEN)}"
    ticket = f"{chance.choice(SYSTEMS)}工单{chance.randrange(1_000_000):06}"
    words = "".join(chance.sample(sentences(), chance.randint(2, 5)))
    title = f"{chance.choice(SYSTEMS)}{chance.choice(TROUBLES)}"
    return Said(title, f"{chance.choice(CITIES)}分公司{who}反映，{ticket}。{words}")
