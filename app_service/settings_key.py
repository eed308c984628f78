"""Where a handler finds the settings. They themselves are read before anything as large as aiohttp is."""

from aiohttp import web

from app_service.settings import Settings

SETTINGS = web.AppKey("SETTINGS", Settings)
