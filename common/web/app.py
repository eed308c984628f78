"""What every service of ours is made of before it gets its own routes."""

import aiohttp_jinja2
from aiohttp import web

from common.sessions.cookies import COOKIES, Cookies
from common.settings.service import ServiceSettings
from common.store.access import RedisAccess
from common.store.condition import Condition
from common.store.permissions import PermissionCheck, RedisNeeds
from common.telemetry.metrics import metrics
from common.telemetry.spans import setup_spans
from common.web.assets import Assets
from common.web.assets_key import ASSETS
from common.web.bodies import STREAMED
from common.web.failure_pages import MISTAKES_ON_PAGE, failure_pages
from common.web.frame_headers import embedded_headers
from common.web.least_rate import LEAST_RATE, LeastRate
from common.web.security_headers import image_sources, security_headers, setup_security_headers
from common.web.site_look import SiteLook
from common.web.templates import know, template_options

MAX_BODY_BYTES = 64 * 1024


def service_app(
    settings: ServiceSettings,
    redis: RedisAccess,
    *,
    package: str,
    needs: RedisNeeds,
    ancestors: tuple[str, ...] = (),
) -> web.Application:
    """An application with failure pages, templates, cookies, security headers and health checks.

    `ancestors` are the origins whose pages may show what is below /embed/ in a frame.
    """
    app = web.Application(middlewares=[failure_pages], client_max_size=MAX_BODY_BYTES)
    app[STREAMED] = set()
    app[LEAST_RATE] = LeastRate(
        settings.least_body_rate, window_seconds=settings.least_body_seconds
    )
    app[COOKIES] = Cookies(settings.public_url, settings.cookie_prefix)
    app[SITE_LOOK] = look = SiteLook.of(settings.site)
    setup_templates(app, package, sandbox=settings.webex.sandbox, look=look)
    headers = security_headers(https=settings.https, image_sources=image_sources(settings.webex))
    relaxed = embedded_headers(headers, ancestors=ancestors) if settings.embed_origins else None
    setup_security_headers(app, headers, relaxed)
    app[MISTAKES_ON_PAGE] = settings.mistakes_on_page
    setup_health(app, redis, needs)
    setup_spans(app, settings.otlp, service=package)
    app[PERMISSIONS] = check = PermissionCheck(redis, needs)
    app.cleanup_ctx.append(check.context)
    return app


def setup_templates(app: web.Application, package: str, *, sandbox: bool, look: SiteLook) -> None:
    app[ASSETS] = Assets()
    environment = aiohttp_jinja2.setup(app, **template_options((package,)))
    know(environment, static=app[ASSETS].path, sandbox=sandbox, site=look)


async def healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """200 if Redis is new enough, answers this user, and takes the writes that are needed; else 503."""
    if request.app[PERMISSIONS].too_old:
        return web.Response(status=503, text="Redis is too old\n")
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


REDIS = web.AppKey("REDIS", RedisAccess)
NEEDS = web.AppKey("NEEDS", RedisNeeds)
SITE_LOOK = web.AppKey("SITE_LOOK", SiteLook)
PERMISSIONS = web.AppKey("PERMISSIONS", PermissionCheck)
