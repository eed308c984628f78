"""Floors: what aiohttp does at least, and aiohttp with one GET by redis-py."""

import os
from collections.abc import AsyncIterator

from aiohttp import web
from redis.asyncio import Redis

REDIS = web.AppKey("REDIS", Redis)
KEY = "floor"


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="Hello")


async def one_get(request: web.Request) -> web.Response:
    value = await request.app[REDIS].get(KEY)
    return web.Response(text=f"{len(value or b'')} bytes")


async def redis(app: web.Application) -> AsyncIterator[None]:
    async with Redis.from_url(os.environ["REDIS_URL"]) as app[REDIS]:
        yield


async def create_app() -> web.Application:
    app = web.Application()
    app.cleanup_ctx.append(redis)
    app.add_routes([web.get("/", hello), web.get("/get", one_get)])
    return app
