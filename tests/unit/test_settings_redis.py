"""REDIS_URL in all its forms, and the sentence for each that is none."""

import pytest

from common.settings.redis import AddressMalformed, Kind, RedisAddress


@pytest.mark.parametrize(
    ("url", "kind", "tls", "hosts", "db"),
    [
        ("redis://localhost", Kind.SINGLE, False, (("localhost", 6379),), 0),
        ("redis://10.0.0.1:6380/3", Kind.SINGLE, False, (("10.0.0.1", 6380),), 3),
        ("redis://[::1]:6380", Kind.SINGLE, False, (("::1", 6380),), 0),
        ("redis://localhost?db=2", Kind.SINGLE, False, (("localhost", 6379),), 2),
        ("rediss://redis.example:6380/0", Kind.SINGLE, True, (("redis.example", 6380),), 0),
        (
            "redis+sentinel://a,b:26380/main",
            Kind.SENTINEL,
            False,
            (("a", 26379), ("b", 26380)),
            0,
        ),
        ("rediss+sentinel://a/main/4", Kind.SENTINEL, True, (("a", 26379),), 4),
        ("redis+cluster://a:7000,b:7001", Kind.CLUSTER, False, (("a", 7000), ("b", 7001)), 0),
        ("rediss+cluster://a", Kind.CLUSTER, True, (("a", 6379),), 0),
        ("unix:///run/redis.sock?db=1", Kind.SOCKET, False, (), 1),
    ],
)
def test_every_form_is_understood(
    url: str,
    kind: Kind,
    tls: bool,  # noqa: FBT001
    hosts: tuple[tuple[str, int], ...],
    db: int,
) -> None:
    address = RedisAddress.parse(url)
    assert (address.kind, address.tls, address.hosts, address.db) == (kind, tls, hosts, db)


def test_sentinels_watch_a_service_by_its_name() -> None:
    assert RedisAddress.parse("redis+sentinel://a/main").service == "main"


def test_a_socket_has_a_path() -> None:
    assert RedisAddress.parse("unix://user:secret@/run/redis/sock").path == "/run/redis/sock"


@pytest.mark.parametrize("place", ["h", "h:1/2", "h,i/main"])
def test_credentials_in_an_address_are_decoded(place: str) -> None:
    form = "redis+sentinel" if "main" in place else "redis"
    address = RedisAddress.parse(f"{form}://a%40b:p%3A%2F%3F%23%5B%5D%40%20w@{place}")
    assert (address.username, address.password) == ("a@b", "p:/?#[]@ w")
    assert RedisAddress.parse(f"{form}://:secret@{place}").username is None


def test_certificates_are_named_by_parameters() -> None:
    address = RedisAddress.parse("rediss://h?ssl_ca_certs=/ca.pem&ssl_check_hostname=false")
    assert address.tls_options == {"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("url", "about"),
    [
        ("localhost:6379", "is not an address"),
        ("http://localhost", "must start with"),
        ("redis+other://localhost", "must start with"),
        ("unix+sentinel:///sock", "must start with"),
        ("redis://", "host"),
        ("redis://a:b:c", "host"),
        ("redis://host:99999", "host"),
        ("redis://user:p@ss@host", "REDIS_PASSWORD"),
        ("redis://user:p/w@host", "is not an address"),
        ("redis://host/x", "database"),
        ("redis://host/0/1", "database number"),
        ("redis://a,b", "several hosts"),
        ("redis+sentinel://a", "service"),
        ("redis+cluster://a/1", "cluster"),
        ("unix://relative", "path"),
        ("redis://host?ssl_cert_reqs=none", "parameter"),
        ("redis://host?ssl_ca_certs=/ca.pem", "rediss"),
        ("rediss://host?ssl_check_hostname=maybe", "ssl_check_hostname"),
    ],
)
def test_what_is_no_address_is_told_without_quoting_it(url: str, about: str) -> None:
    with pytest.raises(AddressMalformed, match=about) as told:
        RedisAddress.parse(url)
    assert "p@ss" not in str(told.value)
    assert "p/w" not in str(told.value)


def test_a_password_is_not_shown_with_its_address() -> None:
    assert "hidden" not in repr(RedisAddress.parse("redis://user:hidden@host"))
