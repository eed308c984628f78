"""What becomes of a callback's end on its way to whoever sends the callback again."""

import pytest

from auth_service.sign_in.ends import End
from auth_service.sign_in.outcomes import SignOutUnfinished, used_sign_in
from common.failures import Failure, SignInAgain, TryLater
from common.sessions.newer_record import NewerRecord
from common.store.access import StoreUnavailable


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (used_sign_in("/spaces"), SignInAgain),
        (StoreUnavailable(), TryLater),
        (NewerRecord(), TryLater),
        (SignOutUnfinished(revoked=True), TryLater),
    ],
)
def test_a_failure_is_still_of_its_kind_and_says_the_same(
    failure: Failure, kind: type[Failure]
) -> None:
    read = End.from_bytes(End(failure=failure).to_bytes()).failure
    assert type(read) is kind
    assert vars(read) == vars(failure)
