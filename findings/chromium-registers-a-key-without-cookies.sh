# Chromium registers a device's key (Device Bound Session Credentials) without the cookie that came with the offer, if the way there began at another site, as every OAuth callback does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 cryptography==50.0.2 playwright==1.65.2
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import base64
import datetime
import hashlib
import shutil
import ssl
import sys

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import async_playwright

SITE, ELSEWHERE = "app.example.com", "login.example.net"
FEATURES = "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"
registered = asyncio.Queue()


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.DNSName(SITE), x509.DNSName(ELSEWHERE)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    with open(f"{folder}/both.pem", "wb") as file:
        file.write(made.public_bytes(pem))
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


async def callback(_):
    answer = web.Response(text="signed in", content_type="text/html")
    answer.headers["Set-Cookie"] = "__Host-session=a; Path=/; Secure; HttpOnly; SameSite=Lax"
    answer.headers["Secure-Session-Registration"] = '(ES256);path="/register";challenge="c"'
    return answer


async def consent(request):
    back = f"https://{SITE}:{request.url.port}/callback"
    return web.Response(text=f"<a href='{back}'>Accept</a>", content_type="text/html")


async def register(request):
    registered.put_nowait((request.headers.get("Cookie"), request.headers.get("Sec-Fetch-Site")))
    return web.Response(status=400)


async def ask(browser, address):
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(address)
    if ELSEWHERE in address:
        await page.get_by_text("Accept").click()
    found = await asyncio.wait_for(registered.get(), 20)
    await context.close()
    return found


async def main(folder):
    app = web.Application()
    app.add_routes([web.get("/callback", callback), web.get("/authorize", consent), web.post("/register", register)])
    fingerprint = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/both.pem")
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                f"--enable-features={FEATURES}",
                f"--host-resolver-rules=MAP {SITE} 127.0.0.1,MAP {ELSEWHERE} 127.0.0.1",
                f"--ignore-certificate-errors-spki-list={fingerprint}",
            ],
        )
        print(f"Chromium {browser.version}, keys in software")
        typed = await ask(browser, f"https://{SITE}:{port}/callback")
        back = await ask(browser, f"https://{ELSEWHERE}:{port}/authorize")
        await browser.close()
    await runner.cleanup()
    print("expected: POST /register goes to the same site as the answer that asked for it, with that answer's cookie")
    print(f"seen: address typed: Cookie {typed[0]!r}, Sec-Fetch-Site {typed[1]!r}")
    print(f"seen: come from another site: Cookie {back[0]!r}, Sec-Fetch-Site {back[1]!r}")
    assert typed[0] == "__Host-session=a"
    assert back[0] is None


asyncio.run(main(sys.argv[1]))
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
