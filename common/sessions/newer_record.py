"""The failure of a record that this release cannot read yet."""

from common.failures import HERE_AGAIN, TryLater


class NewerRecord(TryLater):
    """The record was written by a newer release, in the middle of a rollout."""

    def __init__(self) -> None:
        super().__init__(
            title="This page is being updated",
            what_happened="Your session was written by a newer release than the one that answered.",
            what_to_check=("Nothing is lost: try again in a moment.",),
            status=503,
            slug="newer_record",
            way_on=HERE_AGAIN,
            retry_after=2,
        )
