"""The site over https, and a Chromium that keeps keys for it in software: what binds a session."""

import base64
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from app_service.settings import SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID
from harness.stack import Stack, free_ports_in_a_row
from local_stack import programs
from local_stack.ports import HOST as LOOPBACK
from tests.certificate import certificate

HOST = "app.example.com"
# A door of TLS before the door, from which renewals go through a gate.
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; events {{}}
http {{
    access_log off;
    {paths}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_buffering off;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{ proxy_pass http://127.0.0.1:{door}; }}
        location = /binding/renewal {{ proxy_pass http://127.0.0.1:{gate}; }}
    }}
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CLIENT = {"client_id": "insecure-client", "client_secret": "insecure-client-secret"}
# Keys in software are for tests; and the quota of signatures is for people.
FEATURES = "DeviceBoundSessions:RefreshQuota/false,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"


class Gate:
    """Passes renewals on to the door; their answers wait for as long as `closed`."""

    def __init__(self, door: int) -> None:
        self._door = door
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self.arrived = threading.Event()
        """Set once an answer waits, or has passed."""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @contextmanager
    def closed(self) -> Iterator[None]:
        self.arrived.clear()
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def close(self) -> None:
        self._open.set()
        # Closing alone wakes nobody who accepts.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        passing: list[threading.Thread] = []
        with suppress(OSError):
            while True:
                asking, _ = self._listening.accept()
                passing.append(threading.Thread(target=self._pass, args=(asking,)))
                passing[-1].start()
        for thread in passing:
            thread.join()

    def _pass(self, asking: socket.socket) -> None:
        """One request of nginx, which sends no body, and its answer."""
        with asking, socket.create_connection((LOOPBACK, self._door)) as door:
            request = b""
            while b"\r\n\r\n" not in request and (piece := asking.recv(65536)):
                request += piece
            door.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            answer = b""
            while piece := door.recv(65536):
                answer += piece
            self.arrived.set()
            self._open.wait()
            with suppress(OSError):
                asking.sendall(answer)


@dataclass(frozen=True)
class SecureSite:
    stack: Stack
    sandbox_url: str
    url: str
    gate: Gate
    fingerprint: str
    """Of the key of its certificate, as Chromium wants it."""

    @property
    def arguments(self) -> list[str]:
        return chromium_arguments([HOST], [self.fingerprint])

    @property
    def binding(self) -> str:
        """What has it keep keys."""
        return f"--enable-features={FEATURES}"


def chromium_arguments(hosts: Iterable[str], fingerprints: Iterable[str]) -> list[str]:
    """What tells Chromium where sites are, and that their certificates are well."""
    rules = ",".join(f"MAP {host} {LOOPBACK}" for host in hosts)
    return [
        f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={','.join(fingerprints)}",
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
        _gate(stack.ports.door) as gate,
        _tls(Path(made), port, stack.ports.door, gate.port) as shown,
    ):
        yield SecureSite(stack, webex.sandbox_url, url, gate, shown)


def _stack(sandbox_url: str, url: str, **more: str) -> Stack:
    told = {**CLIENT, "redirect_uris": [f"{url}/oauth"]}
    answer = httpx.post(f"{sandbox_url}/_sandbox/integrations", json=told, trust_env=False)
    answer.raise_for_status()
    settings: dict[str, Any] = {
        "PUBLIC_URL": url,
        "CLIENT_ID": CLIENT["client_id"],
        "CLIENT_SECRET": CLIENT["client_secret"],
        "WEBEX_API_URL": f"{sandbox_url}/v1",
        "WEBEX_REVOKE_URL": f"{sandbox_url}/idb/oauth2/v1/revoke",
        "BOT_TOKEN": SANDBOX_BOT_TOKEN,
        "SPACE_ID": SANDBOX_SPACE_ID,
        "WEBHOOKS": "off",
        "SIGN_IN_RATE": "1000r/s",
        "SIGN_IN_BURST": "1000",
        **more,
    }
    return Stack(**settings)


@contextmanager
def _gate(door: int) -> Iterator[Gate]:
    gate = Gate(door)
    try:
        yield gate
    finally:
        gate.close()


@contextmanager
def _tls(folder: Path, port: int, door: int, gate: int) -> Iterator[str]:
    """Run it; yield the fingerprint of its certificate's key, as Chromium wants it."""
    crt, key = certificate(folder, HOST, LOOPBACK)
    file = folder / "nginx.conf"
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    values = {"folder": folder, "paths": paths, "port": port, "certificate": crt, "key": key}
    file.write_text(CONFIGURATION.format(**values, door=door, gate=gate))
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
