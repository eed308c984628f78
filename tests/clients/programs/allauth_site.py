"""django-allauth's OpenID Connect provider in a Django site of one file."""

import contextlib
from urllib.error import HTTPError
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import include, path
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, call, person, step

HOST = urlsplit(REDIRECT_URI).netloc
settings.configure(
    SECRET_KEY="insecure",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    ACCOUNT_EMAIL_VERIFICATION="none",
    LOGIN_REDIRECT_URL="/home",
    SOCIALACCOUNT_STORE_TOKENS=True,
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "webex",
                    "name": "Webex",
                    "client_id": CLIENT_ID,
                    "secret": CLIENT_SECRET,
                    "settings": {"server_url": f"{SANDBOX}/v1/.well-known/openid-configuration"},
                }
            ]
        }
    },
)
django.setup()
urlpatterns = [path("accounts/", include("allauth.urls"))]
call_command("migrate", verbosity=0)
# allauth asks for openid without a nonce, which Webex' table forbids and its samples do.
with contextlib.suppress(HTTPError):
    call("PATCH", "/_sandbox/policy", {"nonce_required": False})
browser = Client(HTTP_HOST=HOST)


def sign_in() -> None:
    login = browser.post("/accounts/oidc/webex/login/")
    assert login.status_code == 302, login.content[:300]
    callback = urlsplit(person(login.headers["Location"]))
    answer = browser.get(f"{callback.path}?{callback.query}")
    assert answer.status_code == 302, f"{answer.status_code} {answer.content.decode()[:400]}"
    assert answer.headers["Location"] == "/home", answer.headers["Location"]


def me() -> None:
    from allauth.socialaccount.models import SocialAccount

    assert SocialAccount.objects.get().extra_data["userinfo"]["email"] == "ada@example.com"


step("sign-in", sign_in)
step("people/me", me)
