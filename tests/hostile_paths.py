"""Values of `next` that have led browsers astray somewhere, and many that stand beside them.

Sources: the advisories oauth2-proxy CVE-2020-5233 and CVE-2020-11053, mod_auth_openidc CVE-2019-14857
and CVE-2021-32786, Pomerium CVE-2021-29651; the URL Standard's rules for slashes, tabs and line breaks.
"""

from itertools import product

HOSTS = ("evil.example", "evil.example:443", "%65vil.example")
ODD_HOSTS = ("user:pw@evil.example", "[::ffff:7f00:1]", "evil\u3002example", "2130706433")
TAILS = ("", "/", "/a?b=c", "%2f..")
ODD_TAILS = ("#@localhost:8080", "?next=//evil.example", "\t", "%00", "/%0d%0a")

SLASHES = ("//", "///", "////", "/\\", "\\/", "\\\\", "\\", "/\\/", "/\\\\", "//\\")
BLANKS = ("\t", "\n", "\r", "\r\n", "\0", "\v", "\f", " ", "\x1f", "\x7f", "\x85", "\xa0")
ENCODED_BLANKS = (
    "%09", "%0a", "%0d", "%0d%0a", "%00", "%20", "%0b", "%0c", "%1f", "%7f", "%c2%a0", "%e2%80%8b",
)  # fmt: skip
# Slashes and dots of other alphabets, which some programs fold into ASCII, and marks nobody sees.
UNICODE = (
    "\uff0f", "\u2044", "\u2215", "\u29f8", "\uff3c", "\ufe68", "\u3002", "\u2028", "\u200b",
    "\ufeff",
)  # fmt: skip
ENCODED = (
    "%2f", "%2F", "%2f%2f", "%5c", "%5C", "%5c%5c", "%2f%5c", "%252f", "%252f%252f", "%255c",
    "%25252f", "%ef%bc%8f", "%u2215", "%c0%af", "%e0%80%af", "%2e%2e", "%252e%252e",
)  # fmt: skip
DOTS = (
    "/.", "/..", "/./", "/../", "/a/../", "/a/..//", "/.//", "/..//", "/%2e/", "/%2e%2e//", "/..;/",
)  # fmt: skip
SCHEMES = (
    "http:", "https:", "http:/", "https:/", "http://", "https://", "https:///", "HTTPS://", "hTTp:",
    "ftp://", "file://", "ws://", "x:", ":", "://", ":80/", ":@", "@", ".", "#", "?", "http:\\\\",
)  # fmt: skip
SCRIPTS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "javascript://%0aalert(1)", "\x01javascript:alert(1)", "/javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "about:blank",
    "blob:http://evil.example/a", "mailto:a@evil.example",
)  # fmt: skip
HEADERS = (
    "/%0d%0aSet-Cookie:%20session=planted", "/\r\nSet-Cookie: session=planted",
    "/a%0aLocation:%20//e", "/%E5%98%8A%E5%98%8DSet-Cookie:a", "/\u560a\u560dSet-Cookie:a",
    "/a\r\n\r\n<script>alert(1)</script>",
)  # fmt: skip
ROUND_TRIPS = (
    "/login", "/oauth", "/logout", "/LOGIN", "/Logout", "/login/", "/login?next=/", "/logout#a",
    "/oauth?code=a&state=b", "/login;a=b", "/%6cogin", "/log%69n", "/%256cogin", "/./login",
    "/a/../login", "/%2e/oauth", "/a/%2e%2e/logout", "//login", "/..;/login",
    "/%2flogin", "/logout%3b",
)  # fmt: skip
ODD = (
    "", " ", "a", "a/b", "/;/login", "index.html", "%", "/%", "/%2", "/%zz", "/" * 600, "/" + "a" * 5000,
)  # fmt: skip


def hostile_paths() -> list[str]:
    """At least 800 different values."""
    leads = (
        *SLASHES,
        *SCHEMES,
        *DOTS,
        *(f"/{blank}/" for blank in (*BLANKS, *ENCODED_BLANKS)),
        *(f"{blank}//" for blank in BLANKS),
        *(f"/{mark}" for mark in (*UNICODE, *ENCODED)),
        *(f"/{mark}/" for mark in (*UNICODE, *ENCODED)),
        *UNICODE,
        *ENCODED,
    )
    usual = ("".join(parts) for parts in product(leads, HOSTS, TAILS))
    rare = ("".join(parts) for parts in product(SLASHES, ODD_HOSTS, ODD_TAILS))
    return list(dict.fromkeys((*usual, *rare, *SCRIPTS, *HEADERS, *ROUND_TRIPS, *ODD)))
