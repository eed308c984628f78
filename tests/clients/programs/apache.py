"""mod_auth_openidc in front of a page: Apache does the whole sign-in."""

import http.client
import os
import subprocess
import tempfile
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step

PORT = urlsplit(REDIRECT_URI).port or 80
CONFIGURATION = """
ServerName localhost
ServerRoot {root}
PidFile {root}/pid
ErrorLog {root}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
DocumentRoot {root}/pages
DirectoryIndex index.html
OIDCProviderMetadataURL {sandbox}/v1/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {redirect_uri}
OIDCScope "openid email profile spark:people_read"
OIDCCryptoPassphrase insecure
OIDCProviderTokenEndpointAuth {method}
OIDCPKCEMethod S256
<Location />
  AuthType openid-connect
  Require valid-user
  Header set X-Email "%{{OIDC_CLAIM_email}}e"
</Location>
"""
cookies: SimpleCookie = SimpleCookie()


def browse(path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("localhost", PORT, timeout=10)
    header = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    connection.request("GET", path, headers={"Cookie": header, "Accept": "text/html"})
    answer = connection.getresponse()
    for line in answer.headers.get_all("Set-Cookie", []):
        cookies.load(line)
    return answer


def sign_in(method: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pages").mkdir()
        (root / "pages" / "index.html").write_text("the page")
        root.chmod(0o755)
        (root / "apache.conf").write_text(
            CONFIGURATION.format(
                root=root,
                port=PORT,
                modules="/usr/lib/apache2/modules",
                sandbox=SANDBOX,
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                redirect_uri=REDIRECT_URI,
                method=method,
            )
        )
        apache = subprocess.Popen(
            ["/usr/sbin/apache2", "-X", "-f", str(root / "apache.conf")],
            env={**os.environ, "APACHE_RUN_USER": "www-data"},
        )
        try:
            walk(root)
        finally:
            apache.terminate()
            apache.wait()


def walk(root: Path) -> None:
    for _ in range(50):
        try:
            first = browse("/")
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise AssertionError((root / "error.log").read_text()[-500:])
    callback = urlsplit(person(str(first.headers["Location"])))
    browse(f"{callback.path}?{callback.query}")
    page = browse("/")
    if page.status != 200 or page.headers["X-Email"] != "ada@example.com":
        words = (root / "error.log").read_text()[-900:]
        raise AssertionError(f"{page.status} {page.headers['X-Email']}: {words}")


for way in ("client_secret_basic", "client_secret_post"):
    cookies.clear()
    step("sign-in", lambda way=way: sign_in(way))
