"""Which URL is answered by which handler."""

from aiohttp import web

from app_service import description, handlers, site_files, spaces, static_files
from app_service.live import stream, webhook
from app_service.space import api, downloads, official
from app_service.space import page as widget


def setup_routes(app: web.Application) -> None:
    app.router.add_get("/", handlers.home)
    app.router.add_get("/index.html", handlers.index)
    app.router.add_get("/site/{name}", site_files.site_file)
    app.router.add_get("/static/{path:.+}", static_files.static_file)
    app.router.add_get("/api/openapi.json", description.api_description)
    app.router.add_get("/api/me", handlers.api_me)
    app.router.add_get("/spaces", spaces.spaces)
    app.router.add_get("/widget", widget.widget)
    app.router.add_post("/widget", widget.write)
    file = r"/widget/files/{message}/{number:\d{1,2}}"
    app.router.add_get(file, downloads.file, allow_head=False)
    app.router.add_get(f"{file}/picture", downloads.file_shown, allow_head=False)
    app.router.add_get("/widget/pictures/{address}", downloads.picture, allow_head=False)
    app.router.add_get("/api/space/messages", api.get_messages)
    app.router.add_post("/api/space/messages", api.post_message)
    app.router.add_post("/api/space/files", api.post_file)
    app.router.add_get("/api/space/people", api.get_people)
    app.router.add_get("/api/space/messages/{message}", api.get_markdown)
    app.router.add_put("/api/space/messages/{message}", api.put_message)
    app.router.add_delete("/api/space/messages/{message}", api.delete_message)
    app.router.add_post("/api/space/messages/{message}/actions", api.post_action)
    app.router.add_get("/api/space/events", stream.events, allow_head=False)
    app.router.add_get("/widget/official", official.page)
    app.router.add_post("/api/widget/token", official.token)
    app.router.add_post("/api/webhook", webhook.webhook)
