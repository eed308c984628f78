"""Which URL is answered by which handler; those of spaces stand in app_service.space_routes."""

from aiohttp import web

from app_service import description, handlers, site_files, static_files


def setup_routes(app: web.Application) -> None:
    app.router.add_get("/", handlers.home)
    app.router.add_get("/index.html", handlers.index)
    app.router.add_get("/site/{name}", site_files.site_file)
    app.router.add_get("/static/{path:.+}", static_files.static_file)
    app.router.add_get("/api/openapi.json", description.api_description)
    app.router.add_get("/api/me", handlers.api_me)
