# starsessions writes a session back after every request that loaded it, changed or not, as it was when that request began: a slow page puts the old refresh token over the new one which a refresh stored in the meantime, though that page read nothing but a name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check starsessions==2.2.1 starlette==0.50.0 httpx==0.28.1
cat >"$folder/show.py" <<'PYTHON'
import asyncio
from importlib.metadata import version

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starsessions import InMemoryStore, SessionAutoloadMiddleware, SessionMiddleware

begun, go_on = asyncio.Event(), asyncio.Event()


async def sign_in(request):
    request.session.update(name="Ada", refresh_token="insecure-first")
    return PlainTextResponse("signed in")


async def refresh(request):
    request.session["refresh_token"] = "insecure-second"
    return PlainTextResponse("refreshed")


async def slow_page(request):
    begun.set()
    await go_on.wait()
    return PlainTextResponse(f"Hello, {request.session['name']}")


async def look(request):
    return PlainTextResponse(request.session["refresh_token"])


async def main():
    routes = [Route(f"/{each.__name__}", each) for each in (sign_in, refresh, slow_page, look)]
    sessions = Middleware(SessionMiddleware, store=InMemoryStore(), lifetime=3600, cookie_https_only=False)
    app = Starlette(routes=routes, middleware=[sessions, Middleware(SessionAutoloadMiddleware)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.example") as person:
        await person.get("/sign_in")
        page = asyncio.create_task(person.get("/slow_page"))
        await begun.wait()
        await person.get("/refresh")
        before = (await person.get("/look")).text
        go_on.set()
        await page
        return before, (await person.get("/look")).text


before, after = asyncio.run(main())
print(f"starsessions {version('starsessions')}, starlette {version('starlette')}; a page that only reads, and a refresh while it runs")
print("expected: insecure-second while the page runs, and insecure-second after it")
print(f"seen: {before} while the page runs, and {after} after it")
assert (before, after) == ("insecure-second", "insecure-first")
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
