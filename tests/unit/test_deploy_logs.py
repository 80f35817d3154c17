"""Logs are shown as they grow, and do not grow without end."""

from pathlib import Path

import pytest

from deploy.logs import Follower, bound


def shown(follower: Follower, capsys: pytest.CaptureFixture[str]) -> list[str]:
    follower.show()
    return capsys.readouterr().out.splitlines()


def append(log: Path, text: str) -> None:
    with log.open("a") as writer:
        writer.write(text)


def test_only_complete_lines_that_are_new_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, other = tmp_path / "risk.log", tmp_path / "complaints.log"
    log.write_text("before\n")
    follower = Follower([log, other])
    assert shown(follower, capsys) == []
    append(log, "one\ntw")
    other.write_text("first\n")
    assert shown(follower, capsys) == ["risk       | one", "complaints | first"]
    append(log, "o\n")
    assert shown(follower, capsys) == ["risk       | two"]


def test_a_log_that_grew_too_large_begins_anew_and_its_writer_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "risk.log"
    with log.open("a") as writer:
        follower = Follower([log])
        print("x" * 100, file=writer, flush=True)
        follower.show()
        bound(log, largest=50)
        capsys.readouterr()
        assert log.stat().st_size == 0
        assert (tmp_path / "risk.log.1").read_text() == "x" * 100 + "\n"
        print("after", file=writer, flush=True)
        assert shown(follower, capsys) == ["risk | after"]


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "risk.log"
    log.write_text("short\n")
    bound(log, largest=50)
    assert [file.name for file in tmp_path.iterdir()] == ["risk.log"]
