# aiohttp-session renews the cookie of a session that is marked by `changed()`, its way for what lies deeper in it, but not the session's age: the person is signed out max_age after the last top-level write, with a cookie that is good for longer, though each refresh of the token was saved.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp-session==2.12.1 aiohttp==3.14.1 cryptography==46.0.3
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import time
from importlib.metadata import version

import aiohttp
import aiohttp_session
from aiohttp import web
from aiohttp_session.cookie_storage import EncryptedCookieStorage

HOUR = 3600
MAX_AGE = 4 * HOUR
real_time, later = time.time, 0
time.time = lambda: real_time() + later  # the clock of browser, site and cookie


async def sign_in(request):
    session = await aiohttp_session.get_session(request)
    session["webex"] = {"access_token": "insecure-first"}
    return web.Response()


async def refresh_by_changed(request):
    session = await aiohttp_session.get_session(request)
    session["webex"]["access_token"] = "insecure-second"
    session.changed()
    return web.Response()


async def refresh_by_writing(request):
    session = await aiohttp_session.get_session(request)
    session["webex"] = {"access_token": "insecure-second"}
    return web.Response()


async def look(request):
    session = await aiohttp_session.get_session(request)
    return web.Response(text=session.get("webex", {}).get("access_token", "nobody"))


async def person(url, refresh):
    """Sign in, have the token refreshed after 3 h of the 4, and look after 5: 2 h after the cookie was renewed."""
    global later
    later = 0
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await browser.get("/sign_in")
        later = 3 * HOUR
        await browser.get(f"/{refresh}")
        later = 5 * HOUR
        kept = any(cookie.key == "AIOHTTP_SESSION" for cookie in browser.cookie_jar)
        async with browser.get("/look") as answer:
            return f"{await answer.text()}, and the cookie is {'kept' if kept else 'gone'}"


async def main():
    app = web.Application()
    aiohttp_session.setup(app, EncryptedCookieStorage(b"insecure" * 4, max_age=MAX_AGE))
    for handler in (sign_in, refresh_by_changed, refresh_by_writing, look):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    seen = [await person(url, "refresh_by_writing"), await person(url, "refresh_by_changed")]
    await runner.cleanup()
    return seen


written, changed = asyncio.run(main())
print(f"aiohttp-session {version('aiohttp-session')}, aiohttp {version('aiohttp')}, max_age 4 hours; a refresh after 3, a look after 5")
print("expected: insecure-second, and the cookie is kept")
print("seen after session['webex'] = …:", written)
print("seen after session.changed():", changed)
assert written == "insecure-second, and the cookie is kept"
assert changed == "nobody, and the cookie is kept"
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
