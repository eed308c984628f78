"""The clients: what is installed, at which version, and which program of ours drives it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["pip", "npm", "apt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    name: str
    kind: Kind
    packages: tuple[str, ...]
    """As pip, npm or apt spell them, pinned where the registry keeps old versions."""
    program: str
    """A file in `programs/`."""
    arguments: tuple[str, ...] = ()
    redirect_path: str = "/oauth"
    """Where this client wants the person back, if it does not let one choose."""


_FLASK = ("flask==3.1.2",)
_PYTHON = (
    Client(
        name="authlib",
        kind="pip",
        packages=("authlib==1.9.10", "requests==2.32.5"),
        program="authlib_plain.py",
    ),
    Client(
        name="authlib-flask",
        kind="pip",
        packages=("authlib==1.9.10", "requests==2.32.5", *_FLASK),
        program="authlib_flask.py",
        arguments=("by hand",),
    ),
    Client(
        name="authlib-flask-oidc",
        kind="pip",
        packages=("authlib==1.9.10", "requests==2.32.5", *_FLASK),
        program="authlib_flask.py",
        arguments=("discovery",),
    ),
    Client(
        name="requests-oauthlib",
        kind="pip",
        packages=("requests-oauthlib==2.0.0",),
        program="requests_oauthlib_web.py",
    ),
    Client(name="pyoidc", kind="pip", packages=("oic==1.7.0",), program="pyoidc.py"),
    Client(
        name="social-auth-core",
        kind="pip",
        packages=("social-auth-core==7.0.0",),
        program="social_auth.py",
    ),
    Client(
        name="django-allauth",
        kind="pip",
        packages=("django-allauth[openid-connect,socialaccount]==65.22.1", "django==5.2.8"),
        program="allauth_site.py",
        redirect_path="/accounts/oidc/webex/login/callback/",
    ),
    Client(
        name="webexpythonsdk",
        kind="pip",
        packages=("webexpythonsdk==2.0.6",),
        program="webex_python_sdk.py",
    ),
    Client(
        name="webexteamssdk",
        kind="pip",
        packages=("webexteamssdk==1.7", "setuptools==80.9.0"),
        program="webex_python_sdk.py",
    ),
    Client(name="wxc-sdk", kind="pip", packages=("wxc-sdk==1.41.0",), program="wxc.py"),
)
_NODE = (
    Client(name="authjs", kind="npm", packages=("@auth/core@0.41.3",), program="authjs.mjs"),
    Client(
        name="openid-client-5-basic",
        kind="npm",
        packages=("openid-client@5.7.1",),
        program="openid_client_5.mjs",
        arguments=("client_secret_basic",),
    ),
    Client(
        name="openid-client-5-post",
        kind="npm",
        packages=("openid-client@5.7.1",),
        program="openid_client_5.mjs",
        arguments=("client_secret_post",),
    ),
    Client(
        name="openid-client-6-basic",
        kind="npm",
        packages=("openid-client@6.9.0",),
        program="openid_client_6.mjs",
        arguments=("client_secret_basic",),
    ),
    Client(
        name="openid-client-6-post",
        kind="npm",
        packages=("openid-client@6.9.0",),
        program="openid_client_6.mjs",
        arguments=("client_secret_post",),
    ),
    Client(
        name="better-auth",
        kind="npm",
        packages=("better-auth@1.7.25",),
        program="better_auth.mjs",
        redirect_path="/api/auth/oauth2/callback/webex",
    ),
    Client(
        name="passport-oauth2",
        kind="npm",
        packages=("passport-oauth2@1.8.0",),
        program="passport_oauth2.mjs",
    ),
    Client(
        name="grant",
        kind="npm",
        packages=("grant@5.4.24",),
        program="grant_vanilla.mjs",
        redirect_path="/connect/webex/callback",
    ),
    Client(
        name="webex-node-sdk",
        kind="npm",
        packages=("webex@3.12.0",),
        program="webex_node_sdk.cjs",
    ),
    Client(
        name="webex-node-bot-framework",
        kind="npm",
        packages=("webex-node-bot-framework@2.3.14",),
        program="bot_framework.cjs",
    ),
    Client(
        name="botbuilder-adapter-webex",
        kind="npm",
        packages=("botbuilder-adapter-webex@1.0.10",),
        program="botbuilder.cjs",
    ),
)
_PROGRAMS = (
    Client(
        name="mod_auth_openidc",
        kind="apt",
        packages=("apache2", "libapache2-mod-auth-openidc"),
        program="apache.py",
    ),
    Client(
        name="alertmanager",
        kind="apt",
        packages=("prometheus-alertmanager",),
        program="alertmanager.py",
    ),
)

CLIENTS = (*_PYTHON, *_NODE, *_PROGRAMS)
STEPS = ("sign-in", "refresh", "people/me", "messages", "webhook", "card", "revoke")
