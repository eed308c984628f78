# Chromium binds no session (Device Bound Session Credentials) to a cookie named __Host-Http-…, though it keeps that very cookie from the same answer.
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

SITE = "app.example.com"
FEATURES = "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SITE)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    with open(f"{folder}/both.pem", "wb") as file:
        file.write(made.public_bytes(pem))
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


async def sign_in(request):
    answer = web.Response(text="signed in", content_type="text/html")
    path = f"/register?name={request.query['name']}"
    answer.headers["Secure-Session-Registration"] = f'(ES256);path="{path}";challenge="c"'
    return answer


async def register(request):
    name = request.query["name"]
    credential = {"type": "cookie", "name": name, "attributes": ATTRIBUTES}
    instructions = {
        "session_identifier": "s",
        "refresh_url": "/refresh",
        "scope": {"include_site": False},
        "credentials": [credential],
    }
    answer = web.json_response(instructions)
    answer.headers["Set-Cookie"] = f"{name}=a; Max-Age=600; {ATTRIBUTES}"
    return answer


async def registration(browser, port, name):
    """What the browser says of the registration, and the cookies that it has afterwards."""
    context = await browser.new_context()
    page = await context.new_page()
    inside = await context.new_cdp_session(page)
    events = asyncio.Queue()
    inside.on("Network.deviceBoundSessionEventOccurred", events.put_nowait)
    await inside.send("Network.enableDeviceBoundSessions", {"enable": True})
    await page.goto(f"https://{SITE}:{port}/sign-in?name={name}")
    event = await asyncio.wait_for(events.get(), 20)
    kept = [cookie["name"] for cookie in await context.cookies()]
    await context.close()
    return event["succeeded"], event["creationEventDetails"]["fetchResult"], kept


async def main(folder):
    app = web.Application()
    app.add_routes([web.get("/sign-in", sign_in), web.post("/register", register)])
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
                f"--host-resolver-rules=MAP {SITE} 127.0.0.1",
                f"--ignore-certificate-errors-spki-list={fingerprint}",
            ],
        )
        print(f"Chromium {browser.version}, keys in software")
        print("expected: a session bound to either name, as both prefixes allow these attributes over https")
        found = {}
        for name in ("__Host-bound", "__Host-Http-bound"):
            found[name] = await registration(browser, port, name)
            succeeded, result, kept = found[name]
            print(f"seen: {name}: bound {succeeded}, {result}, cookies kept {kept}")
        await browser.close()
    await runner.cleanup()
    assert found["__Host-bound"] == (True, "Success", ["__Host-bound"])
    succeeded, result, kept = found["__Host-Http-bound"]
    assert (succeeded, result) == (False, "InvalidCredentialsCookie")
    assert kept == ["__Host-Http-bound"]


asyncio.run(main(sys.argv[1]))
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
