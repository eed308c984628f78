"""Static files under names that contain their own hash, so that they can be cached for ever.

`python -m common.web.assets FOLDER` writes them for nginx, with the pages nginx shows by itself and a name
for this release.
A release that asks for a file of another release gets a 404, never the wrong content.
"""

import base64
import sys
from collections.abc import Iterable
from hashlib import sha256, sha384
from pathlib import Path

from common.web.proxy_pages import write_proxy_pages

ROOT = Path(__file__).resolve().parents[2]
# A service's image holds its own folder and common/ only, so a folder that is absent is passed over.
SOURCES = (ROOT / "common" / "static", ROOT / "app_service" / "static")
HASH_DIGITS = 12


class Assets:
    """Maps a file's name to the path a page asks for."""

    def __init__(self, sources: Iterable[Path] = SOURCES) -> None:
        self._files = {
            file.relative_to(source).as_posix(): file
            for source in sources
            if source.is_dir()
            for file in sorted(source.rglob("*"))
            if file.is_file()
        }
        self._names = {name: _hashed(name, file) for name, file in self._files.items()}
        self._paths = {self._names[name]: file for name, file in self._files.items()}

    def path(self, name: str) -> str:
        """Return the path of a file for use in a page; raise KeyError for an unknown name."""
        return f"/static/{self._names[name]}"

    def integrity(self, name: str) -> str:
        """Return what the browser has to find in a file (W3C Subresource Integrity).

        Raises KeyError for an unknown name.
        """
        digest = sha384(self._files[name].read_bytes()).digest()
        return f"sha384-{base64.b64encode(digest).decode()}"

    def file(self, path: str) -> Path | None:
        """Return the file that this release has at a path below /static/, if it has one."""
        return self._paths.get(path)

    @property
    def release(self) -> str:
        """A name for what all pages ask for: another one as soon as one of the files changes."""
        names = "\n".join(sorted(self._names.values()))
        return sha256(names.encode()).hexdigest()[:HASH_DIGITS]

    def write(self, folder: Path) -> None:
        """Write every file under its hashed name."""
        for name, file in self._files.items():
            target = folder / "static" / self._names[name]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())


def _hashed(name: str, file: Path) -> str:
    digest = sha256(file.read_bytes()).hexdigest()[:HASH_DIGITS]
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{digest}.{ending}" if dot else f"{name}.{digest}"


def main() -> None:
    folder = Path(sys.argv[1])
    assets = Assets()
    assets.write(folder)
    write_proxy_pages(folder / "errors", assets.path)
    # For nginx to read, not to serve.
    (folder / "release.conf").write_text(f"set $release {assets.release};\n", encoding="ascii")


if __name__ == "__main__":
    main()
