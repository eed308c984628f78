"""What has been said in the demo space before the sandbox was started."""

from dataclasses import dataclass

GRACE, ALAN, ZOE = "grace@example.com", "alan@example.com", "zoe@example.com"
BOT = "events@webex.bot"

_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Line:
    minutes_ago: int
    author: str
    markdown: str
    reply_to: int | None = None
    """The place in the list of the message that this one answers."""
    file_name: str = ""
    file_text: str = ""
    has_card: bool = False
    """The bot's card, which asks who comes."""


def _week(ago: int) -> list[Line]:
    """Tell what is said every week; older weeks fill the pages that a reader scrolls to."""
    monday = ago * _WEEK
    return [
        Line(monday, BOT, f"This is week **{_WEEKS - ago + 1}** of {_WEEKS}. Write `/next`."),
        Line(monday - 20, ALAN, "I shall be there, with a machine of some kind."),
        Line(monday - 45, ZOE, "Tack! Räkna med mig också. 🎉"),
        Line(monday - 2 * _DAY, GRACE, "Notes of this week are in the *usual* place."),
    ]


_OLDER = [line for ago in range(_WEEKS, 0, -1) for line in _week(ago)]
_QUESTION = len(_OLDER) + 1

LINES: tuple[Line, ...] = (
    *_OLDER,
    Line(
        1_500,
        GRACE,
        "Good morning! The agenda is attached.",
        None,
        "agenda.txt",
        "1. Who are we\n2. What do we build\n3. Who brings the cake\n",
    ),
    Line(1_440, ALAN, "Can machines think about <https://example.com/imitation>?"),
    Line(1_430, ZOE, "Mine only thinks that `0 == false`.", _QUESTION),
    Line(
        1_425, GRACE, "A ship in port is safe, but **that** is not what ships are for.", _QUESTION
    ),
    Line(
        1_380,
        ZOE,
        "For the meeting:\n- bring a laptop\n- bring a friend\n- [read this](https://example.com/read)",
    ),
    Line(
        720,
        ALAN,
        "<@personEmail:grace@example.com|Grace Hopper>, is there still a seat for one more?",
    ),
    Line(715, GRACE, "Always."),
    Line(180, ZOE, "What comes next? /next"),
    Line(
        179,
        BOT,
        "Upcoming events:\n- **Soon** Integrations hour (online)\n- **Later** Bots for beginners (Paris)",
    ),
    Line(60, BOT, "Who comes to the next meeting? Answer in the card.", has_card=True),
    Line(42, GRACE, "See you there!"),
)
