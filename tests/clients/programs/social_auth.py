"""social-auth-core's backend for any OpenID provider, with a strategy that keeps things in memory."""

from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.storage import AssociationMixin, BaseStorage, NonceMixin, UserMixin
from social_core.strategy import BaseStrategy
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step


class User(UserMixin):
    @classmethod
    def user_model(cls):
        return dict


class Nonce(NonceMixin):
    @classmethod
    def use(cls, server_url, timestamp, salt):
        return True

    @classmethod
    def consume(cls, server_url, timestamp, salt):
        return True


class Association(AssociationMixin):
    kept: ClassVar[list] = []

    @classmethod
    def store(cls, server_url, association):
        made = cls()
        made.id, made.handle = len(cls.kept), association.handle
        made.issued, made.lifetime = association.issued, association.lifetime
        made.assoc_type, made.secret = association.assoc_type, association.secret
        cls.kept.append(made)

    @classmethod
    def get(cls, server_url=None, handle=None):
        return [made for made in cls.kept if made.handle == handle]

    @classmethod
    def remove(cls, ids_to_delete):
        cls.kept[:] = [made for made in cls.kept if made.id not in ids_to_delete]


class Storage(BaseStorage):
    user, nonce, association = User, Nonce, Association


class Webex(OpenIdConnectAuth):
    name = "webex"
    OIDC_ENDPOINT = f"{SANDBOX}/v1"


SETTINGS = {"KEY": CLIENT_ID, "SECRET": CLIENT_SECRET, "SCOPE": ["spark:people_read"]}


class Strategy(BaseStrategy):
    def __init__(self):
        super().__init__(Storage)
        self.session, self.data = {}, {}

    def get_setting(self, name):
        return SETTINGS[name.removeprefix("SOCIAL_AUTH_WEBEX_").removeprefix("WEBEX_")]

    def get_request_data(self, merge=True):
        return self.data

    def request_host(self):
        return "localhost"

    def build_absolute_uri(self, path=None):
        return path or REDIRECT_URI

    def session_get(self, name, default=None):
        return self.session.get(name, default)

    def session_set(self, name, value):
        self.session[name] = value

    def session_pop(self, name):
        return self.session.pop(name, None)

    def redirect(self, url):
        return url

    def html(self, content):
        return content


strategy = Strategy()
backend = Webex(strategy, redirect_uri=REDIRECT_URI)
answers = {}


def sign_in() -> None:
    location = person(backend.start())
    strategy.data = backend.data = dict(parse_qsl(urlsplit(location).query))
    state = backend.validate_state()
    data, parameters = None, backend.auth_complete_params(state)
    answers.update(
        backend.request_access_token(
            backend.access_token_url(),
            data=parameters,
            params=data,
            headers=backend.auth_headers(),
            auth=backend.auth_complete_credentials(),
            method=backend.ACCESS_TOKEN_METHOD,
        )
    )
    assert backend.id_token["sub"]


def me() -> None:
    assert backend.user_data(answers["access_token"])["email"] == "ada@example.com"


def refresh() -> None:
    answer = backend.refresh_token(answers["refresh_token"])
    assert answer["access_token"], answer


step("sign-in", sign_in)
step("people/me", me)
step("refresh", refresh)
