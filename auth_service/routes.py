"""Which URL is answered by which handler."""

from aiohttp import web

from auth_service import embedding_page, handlers, sessions_page
from auth_service.binding import handlers as binding
from auth_service.sign_in.return_path import LANDING


def setup_routes(app: web.Application) -> None:
    app.router.add_get("/login", handlers.login)
    # HEAD would use up a sign-in that nobody sees.
    app.router.add_get("/oauth", handlers.callback, allow_head=False)
    app.router.add_post("/logout", handlers.logout)
    app.router.add_get(LANDING, handlers.landing, allow_head=False)
    app.router.add_get("/sessions", sessions_page.sessions)
    app.router.add_post("/sessions/end", sessions_page.end_sessions)
    app.router.add_post(binding.REGISTRATION, binding.register)
    app.router.add_post(binding.RENEWAL, binding.renew)
    app.router.add_get("/embed/sign-in", embedding_page.sign_in)
    app.router.add_get("/embed/confirm", embedding_page.confirm)
    app.router.add_post("/embed/confirm", embedding_page.allow)
    app.router.add_post("/embed/session", embedding_page.take)
    app.router.add_post("/embed/logout", embedding_page.sign_out)
    app.router.add_post("/internal/refresh", handlers.refresh)
    app.router.add_post("/internal/reseal", handlers.reseal)
    app.router.add_post("/internal/tried", handlers.tried)
    app.router.add_post("/internal/end", handlers.end_session)
    app.router.add_post("/internal/sign-out", handlers.finish_sign_out)
