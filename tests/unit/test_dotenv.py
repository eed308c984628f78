"""`.env` means the same to `make run` as to `docker compose up`."""

from pathlib import Path

import pytest

from local_stack import dotenv


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("export A=exported", "exported"),
        ("  A = spaces around  ", "spaces around"),
        ("A: colon", "colon"),
        ("A=", ""),
        ("A=a#b", "a#b"),
        ("A=before # comment", "before"),
        ("A='$HOME stays # as it is'", "$HOME stays # as it is"),
        (r"A='it\'s'", "it's"),
        (r'A="two\nlines and a \"quote\""', 'two\nlines and a "quote"'),
        (r'A="not \$filled"', "not $filled"),
        ('A="over\ntwo lines"', "over\ntwo lines"),
        ('A="over\n# two lines"', "over\n# two lines"),
        ("A='quoted' # comment", "quoted"),
        ("A=it's", "it's"),
        ("A=http://localhost:8090/?x=1#y", "http://localhost:8090/?x=1#y"),
        ("A=$B-${B}", "b-b"),
        ('A="${B}"', "b"),
        ("A=${EMPTY:-other}${EMPTY-other}", "other"),
        ("A=${MISSING:-other}", "other"),
        ("A=${B:+there}${EMPTY:+there}", "there"),
        ("A=$$B", "$B"),
        ("A=${B:?needed}", "b"),
    ],
)
def test_a_line_of_env_means_what_compose_takes_it_for(line: str, value: str) -> None:
    assert dotenv.read(line, {"B": "b", "EMPTY": ""})["A"] == value


def test_comments_and_empty_lines_set_nothing() -> None:
    assert dotenv.read("# A=1\n\n   # B=2\r\n", {}) == {}


def test_the_environment_wins_over_the_file_even_with_an_empty_value() -> None:
    assert dotenv.read("A=file\nB=file", {"A": "", "C": "c"}) == {"A": "", "B": "file"}


@pytest.mark.parametrize(
    "line",
    [
        "CLIENT_SECRET hidden",
        "CLIENT SECRET=hidden",
        "=hidden",
        "<<<<<<< hidden",
        'CLIENT_SECRET="hidden',
        "CLIENT_SECRET= 'hidden",
        'CLIENT_SECRET="hidden" hidden',
        'CLIENT_SECRET="hidden\nSCOPES="spark:all"',
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_number_without_what_is_in_it(
    line: str,
) -> None:
    """Passed over, a setting that somebody typed would be missing without a word."""
    with pytest.raises(dotenv.DotenvError) as refused:
        dotenv.read(f"A='1\n2'\r\n# comment\n{line}\nB=2\n", {})
    assert str(refused.value).startswith(".env, line 4: ")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("name", ["A.B", "A-B", "1A", "a[0]", "größe"])
def test_a_name_that_no_variable_can_have_is_passed_over(name: str) -> None:
    assert dotenv.read(f"{name}=1\n{name}\nexport {name}='2'\nB=2", {"A": "a"}) == {"B": "2"}


def test_a_line_can_refer_to_one_before_it() -> None:
    assert dotenv.read("A=1\nB=${A}2", {})["B"] == "12"


def test_a_name_alone_hands_through_what_is_set() -> None:
    assert dotenv.read("A\nB", {"A": "a"}) == {"A": "a"}


def test_a_required_variable_that_is_missing_is_named() -> None:
    with pytest.raises(dotenv.DotenvError, match="B: say which"):
        dotenv.read("A=${B:?say which}", {})


def test_a_file_from_an_editor_on_windows_means_the_same(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfA=1\r\nB=2 \r\n")
    assert dotenv.load(file, {}) == {"A": "1", "B": "2"}


def test_a_file_that_is_not_there_sets_nothing(tmp_path: Path) -> None:
    assert dotenv.load(tmp_path / ".env", {"A": "1"}) == {}


def test_a_file_that_is_no_utf_8_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n", encoding="utf-16")
    with pytest.raises(dotenv.DotenvError, match=r"\.env is not a text file in UTF-8"):
        dotenv.load(file, {})


def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.mkdir()
    with pytest.raises(dotenv.DotenvError, match=r"\.env cannot be read: Is a directory\."):
        dotenv.load(file, {})
