"""Which URL of a space is answered by which handler."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from app_service import spaces
from app_service.live import stream, webhook
from app_service.space import api, downloads, frame, official
from app_service.space import page as widget
from app_service.space.frame import in_a_frame
from app_service.space.guard import of_any_space
from app_service.space.place import WIDGET, Place
from common.web.bodies import STREAMED


def setup_space_routes(app: web.Application) -> None:
    app.router.add_get("/spaces", spaces.spaces)
    any_space = Place("/spaces/{space}", "/api/spaces/{space}")
    _add_space(app, WIDGET, lambda handler: handler)
    _add_space(app, any_space, of_any_space)
    app.router.add_get("/embed.js", frame.script)
    _add_space(app, WIDGET.framed, in_a_frame, page=frame.widget)
    _add_space(
        app, any_space.framed, lambda handler: in_a_frame(of_any_space(handler)), page=frame.widget
    )
    app.router.add_get("/widget/official", official.page)
    app.router.add_post("/api/widget/token", official.token)
    app.router.add_post("/api/webhook", webhook.webhook)


def _add_space(
    app: web.Application,
    at: Place,
    around: Callable[[Handler], Handler],
    *,
    page: Handler = widget.widget,
) -> None:
    """Add what there is for a space at one place; `around` wraps each handler."""
    get, post = app.router.add_get, app.router.add_post
    messages, message = f"{at.api}/messages", f"{at.api}/messages/{{message}}"
    file = at.page + r"/files/{message}/{number:\d{1,2}}"
    get(at.page, around(page))
    post(at.page, around(widget.write))
    app[STREAMED].add(post(f"{at.page}/files", around(widget.write_file)))
    get(file, around(downloads.file), allow_head=False)
    get(f"{file}/picture", around(downloads.file_shown), allow_head=False)
    get(f"{at.page}/pictures/{{address}}", around(downloads.picture), allow_head=False)
    get(messages, around(api.get_messages))
    post(messages, around(api.post_message))
    app[STREAMED].add(post(f"{at.api}/files", around(api.post_file)))
    get(f"{at.api}/people", around(api.get_people))
    get(message, around(api.get_markdown))
    app.router.add_put(message, around(api.put_message))
    app.router.add_delete(message, around(api.delete_message))
    post(f"{message}/actions", around(api.post_action))
    get(f"{at.api}/events", around(stream.events), allow_head=False)
