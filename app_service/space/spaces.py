"""The spaces that this replica knows at the moment: each is made when somebody asks for it."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from app_service.space import failures as space_failures
from app_service.space.admission import Admission
from app_service.space.entrance import Entrance
from app_service.space.message_view import MessageView
from app_service.space.pictures import PictureLinks
from app_service.space.space import Space

# Each remembers names, pictures and who was let in, so that Webex is asked less.
MOST_HELD = 400


@dataclass(eq=False)
class OpenSpace:
    """A space with everything that answers for it; nobody has been let in by that."""

    space: Space
    view: MessageView
    pictures: PictureLinks
    entrance: Entrance
    admission: Admission
    is_watched: bool = False


class Spaces:
    """Those that were asked for last, and all that are watched."""

    def __init__(self, make: Callable[[str], OpenSpace], own_id: str | None) -> None:
        """`own_id` is SPACE_ID."""
        self._make = make
        self._own_id = own_id
        self._held: OrderedDict[str, OpenSpace] = OrderedDict()

    def own(self) -> OpenSpace:
        """The space of the page /widget; raise a Failure if none is configured."""
        if self._own_id is None:
            raise space_failures.no_space()
        return self.find(self._own_id)

    def find(self, room_id: str) -> OpenSpace:
        """The space with this id, whether or not Webex has one."""
        found = self._held.get(room_id)
        if found is None:
            found = self._held[room_id] = self._make(room_id)
            self._drop_oldest()
        self._held.move_to_end(room_id)
        return found

    def __len__(self) -> int:
        return len(self._held)

    def _drop_oldest(self) -> None:
        if len(self._held) <= MOST_HELD:
            return
        *others, _ = self._held.items()
        oldest = next((room_id for room_id, each in others if not each.is_watched), None)
        if oldest is not None:
            del self._held[oldest]


SPACES = web.AppKey("SPACES", Spaces)
