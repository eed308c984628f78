"""What pages show of the settings' name, logo and colour, and the files that belong to it.

The files are app_service's to serve, and pages of both services name them by their hash, as they do
static files: so the policy of the pages allows them, and browsers keep them.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from common.settings.site import SiteSettings
from common.web.palette import colours_sheet

FOLDER = "/site"
TYPES = {
    "css": "text/css; charset=utf-8",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
HASH_DIGITS = 12


@dataclass(frozen=True)
class SiteFile:
    name: str
    content: bytes = field(repr=False)

    @classmethod
    def called(cls, stem: str, ending: str, content: bytes) -> "SiteFile":
        return cls(f"{stem}.{sha256(content).hexdigest()[:HASH_DIGITS]}.{ending}", content)

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.name}"

    @property
    def content_type(self) -> str:
        return TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True)
class SiteLook:
    """`name`, `logo` and `colours` are None where the pages keep their own."""

    name: str | None = None
    logo: SiteFile | None = None
    colours: SiteFile | None = None

    @classmethod
    def of(cls, settings: SiteSettings) -> "SiteLook":
        logo, color = settings.logo, settings.color
        return cls(
            name=settings.name,
            logo=SiteFile.called("logo", logo.kind, logo.picture) if logo else None,
            colours=SiteFile.called("colours", "css", colours_sheet(color).encode())
            if color
            else None,
        )

    def file(self, name: str) -> SiteFile | None:
        """The file of this name, if it is one of this look."""
        return next((one for one in (self.logo, self.colours) if one and one.name == name), None)
