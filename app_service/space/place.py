"""Where a space is on this site."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of its page and of its API, without a slash at the end."""

    page: str
    api: str

    @property
    def framed(self) -> "Place":
        """Where a frame in somebody else's page finds the same."""
        return Place(f"/embed{self.page}", f"/embed{self.api}")


WIDGET = Place("/widget", "/api/space")
"""That of SPACE_ID."""


def place_of(room_id: str) -> Place:
    """The place of any other space; its id is opaque, and escaped."""
    name = quote(room_id, safe="")
    return Place(f"/spaces/{name}", f"/api/spaces/{name}")
