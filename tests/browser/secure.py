"""The site over https, and a Chromium that keeps keys for it in software: what binds a session."""

import base64
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness.stack import Stack, free_ports_in_a_row
from local_stack import programs
from tests.certificate import certificate

HOST = "app.example.com"
# A door of TLS before the door. What it keeps off is nobody's affair here.
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; events {{}}
http {{
    access_log off;
    {paths}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:{door};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
        }}
    }}
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
SECRET = "insecure-client-secret"
# Keys in software are for tests; and their quota of signatures is for people.
FEATURES = "DeviceBoundSessions:RefreshQuota/false,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"


@dataclass(frozen=True)
class SecureSite:
    stack: Stack
    sandbox_url: str
    url: str
    fingerprint: str
    """Of the key of its certificate, as Chromium wants it."""

    @property
    def arguments(self) -> list[str]:
        return chromium_arguments([HOST], [self.fingerprint])


def chromium_arguments(hosts: Iterable[str], fingerprints: Iterable[str]) -> list[str]:
    """What tells Chromium where sites are, that their certificates are well, and where keys are kept."""
    rules = ",".join(f"MAP {host} 127.0.0.1" for host in hosts)
    return [
        f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={','.join(fingerprints)}",
        f"--enable-features={FEATURES}",
    ]


@contextmanager
def secure_site(**more: str) -> Iterator[SecureSite]:
    """A stack whose PUBLIC_URL is https, with a sandbox of its own in the place of Webex."""
    [port] = free_ports_in_a_row(1)
    url = f"https://{HOST}:{port}"
    with (
        tempfile.TemporaryDirectory(prefix="secure-") as made,
        Stack(only=["webex_sandbox"]) as webex,
        _stack(webex.sandbox_url, url, **more) as stack,
        _tls(Path(made), port, stack.ports.door) as shown,
    ):
        yield SecureSite(stack, webex.sandbox_url, url, shown)


def _stack(sandbox_url: str, url: str, **more: str) -> Stack:
    client = {"client_id": "insecure-client", "client_secret": SECRET}
    told = {**client, "redirect_uris": [f"{url}/oauth"]}
    httpx.post(f"{sandbox_url}/_sandbox/integrations", json=told).raise_for_status()
    settings: dict[str, Any] = {
        "PUBLIC_URL": url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "WEBEX_API_URL": f"{sandbox_url}/v1",
        "WEBEX_REVOKE_URL": f"{sandbox_url}/idb/oauth2/v1/revoke",
        "SIGN_IN_RATE": "1000r/s",
        "SIGN_IN_BURST": "1000",
        **more,
    }
    return Stack(**settings)


@contextmanager
def _tls(folder: Path, port: int, door: int) -> Iterator[str]:
    """Run it; yield the fingerprint of its certificate's key, as Chromium wants it."""
    crt, key = certificate(folder, HOST, "127.0.0.1")
    file = folder / "nginx.conf"
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    file.write_text(
        CONFIGURATION.format(
            folder=folder, paths=paths, port=port, certificate=crt, key=key, door=door
        )
    )
    nginx = programs.provide(["nginx"])["nginx"]
    command = [nginx, "-e", "stderr", "-p", str(folder), "-c", str(file)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, start_new_session=True)
    try:
        yield fingerprint(crt)
    finally:
        # With its workers.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def fingerprint(crt: Path) -> str:
    public = x509.load_pem_x509_certificate(crt.read_bytes()).public_key()
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(sha256(spki).digest()).decode()
