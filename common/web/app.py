"""What every service of ours is made of before it gets its own routes."""

import aiohttp_jinja2
from aiohttp import web

from common.sessions.cookies import COOKIES, Cookies
from common.settings.service import ServiceSettings
from common.store.access import RedisAccess
from common.store.permissions import PermissionCheck, RedisNeeds
from common.telemetry.spans import setup_spans
from common.web.assets import Assets
from common.web.failure_pages import failure_pages
from common.web.health import setup_health
from common.web.security_headers import image_sources, security_headers, setup_security_headers
from common.web.templating import know, template_options

MAX_BODY_BYTES = 64 * 1024


def service_app(
    settings: ServiceSettings, redis: RedisAccess, *, package: str, needs: RedisNeeds
) -> web.Application:
    """An application with failure pages, templates, cookies, security headers and health checks."""
    app = web.Application(middlewares=[failure_pages], client_max_size=MAX_BODY_BYTES)
    app[COOKIES] = Cookies(https=settings.https)
    setup_templates(app, package, sandbox=settings.webex.sandbox)
    setup_security_headers(
        app, security_headers(https=settings.https, image_sources=image_sources(settings.webex))
    )
    setup_health(app, redis, needs)
    setup_spans(app, settings, service=package)
    app.cleanup_ctx.append(PermissionCheck(redis, needs).context)
    return app


def setup_templates(app: web.Application, package: str, *, sandbox: bool) -> None:
    environment = aiohttp_jinja2.setup(app, **template_options((package,)))
    know(environment, static=Assets().path, sandbox=sandbox)
