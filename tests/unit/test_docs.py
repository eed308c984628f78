"""What the documents say is so: files, make targets, links. For settings see test_settings_table."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
# What looks like a path of ours: a file by its ending, or something in one of the folders.
FILE_NAME = re.compile(r"[\w.-]+\.(?:md|toml|yml|txt|html|css)|Makefile|Procfile|\.env\.example")
# A file that the reader is to make.
NEW_FILE = re.compile(r"^New file `([^`\n]+)`", re.MULTILINE)
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
TREE_LINE = re.compile(r"^(?P<indent> *)(?P<names>\S+(?:, \S+)*)(?:  +(?P<says>.*))?$")


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Leave the fenced blocks out."""
    return FENCE.sub("", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_inside_the_repository_leads_somewhere(document: str) -> None:
    links = LINK.findall(prose(read(document)))
    own = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in own if not leads_somewhere(ROOT / document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = document.parent / unquote(path) if path else document
    if not anchor:
        return target.exists()
    return target.is_file() and anchor in anchors(target.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors GitHub gives to headings: lower case, punctuation dropped, dashes for spaces."""
    headings = HEADING.findall(prose(text))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def test_every_picture_is_shown_somewhere() -> None:
    shown = "\n".join(read(document) for document in DOCUMENTS)
    pictures = [picture.name for picture in (ROOT / "docs" / "img").iterdir()]
    assert [name for name in pictures if f"img/{name}" not in shown] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = prose(read(document))
    named = set(INLINE_CODE.findall(text)) - set(NEW_FILE.findall(text))
    assert {path for path in named if looks_like_ours(path) and not (ROOT / path).exists()} == set()


def looks_like_ours(code: str) -> bool:
    folder = code.partition("/")[0]
    inside = "/" in code and PATH.fullmatch(code) is not None and (ROOT / folder).is_dir()
    return inside or FILE_NAME.fullmatch(code) is not None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_a_document_names_exists(document: str) -> None:
    text = read(document)
    commands = "\n".join([*INLINE_CODE.findall(prose(text)), *FENCE.findall(text)])
    assert set(MAKE.findall(commands)) <= set(TARGET.findall(read("Makefile")))


def test_every_page_that_troubleshooting_names_has_this_title() -> None:
    chapter = read("README.md").split("## Troubleshooting")[1].split("\n## ")[0]
    symptoms = re.findall(r"^\| (.*?) \|", chapter, re.MULTILINE)
    titles = {title for symptom in symptoms for title in re.findall(r"\*([^*]+)\*", symptom)}
    rooms = ("common", "auth_service", "app_service")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    assert titles
    assert {title for title in titles if f'"{title}"' not in code} == set()


def test_the_tree_in_the_readme_is_the_tree_of_the_repository() -> None:
    paths = list(tree_paths(read("README.md")))
    assert [path for path in paths if not (ROOT / path).exists()] == []
    shown = {path.split("/")[0] for path in paths}
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert folders <= shown


def tree_paths(readme: str) -> Iterator[str]:
    """The paths in the README's project layout: two spaces of indent for each level."""
    tree = readme.split("## Project layout")[1].split("```")[1].strip("\n")
    above: list[str] = []
    for line in tree.splitlines()[1:]:
        entry = TREE_LINE.match(line)
        assert entry, line
        del above[len(entry["indent"]) // 2 - 1 :]
        names = entry["names"].split(", ")
        yield from ("".join([*above, name]) for name in names)
        above.append(names[0])
