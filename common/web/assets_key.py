"""Where an application keeps its static files' names: common.web.assets runs without aiohttp, too."""

from aiohttp import web

from common.web.assets import Assets

ASSETS = web.AppKey("ASSETS", Assets)
