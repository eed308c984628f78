"""For the back network: /healthz (the process answers), /readyz (it can work), /metrics (how it does)."""

from aiohttp import web

from common.store.access import Condition, RedisAccess
from common.store.permissions import RedisNeeds
from common.telemetry.metrics import metrics

REDIS = web.AppKey("REDIS", RedisAccess)
NEEDS = web.AppKey("NEEDS", RedisNeeds)


async def healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """200 if Redis answers this service's user, and takes the writes that the service needs; else 503."""
    condition = await request.app[REDIS].probe()
    if condition is Condition.DOWN:
        return web.Response(status=503, text="Redis does not answer\n")
    if condition is Condition.UP:
        return web.Response(text="ready\n")
    if request.app[NEEDS].works_without_writes:
        return web.Response(text="ready, but Redis refuses writes\n")
    return web.Response(status=503, text="Redis refuses writes\n")


def setup_health(app: web.Application, redis: RedisAccess, needs: RedisNeeds) -> None:
    app[REDIS] = redis
    app[NEEDS] = needs
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
