"""pyoidc's consumer: discovery, the code flow with HTTP Basic, the id_token checked."""

from oic import rndstr
from oic.oic import Client
from oic.oic.message import AuthorizationResponse, RegistrationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step

client = Client(client_authn_method=CLIENT_AUTHN_METHOD)
# Webex's issuer is another address than its discovery's; pyoidc has a switch for that.
client.allow = {"issuer_mismatch": True}
session = {"state": rndstr(), "nonce": rndstr()}


def sign_in() -> None:
    client.provider_config(f"{SANDBOX}/v1")
    client.store_registration_info(
        RegistrationResponse(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    )
    request = client.construct_AuthorizationRequest(
        request_args={
            "client_id": CLIENT_ID,
            "response_type": "code",
            # Not email: pyoidc takes no email_verified that is a string, as Cisco's sample has it.
            "scope": ["openid", "profile", "spark:people_read"],
            "redirect_uri": REDIRECT_URI,
            **session,
        }
    )
    location = person(request.request(client.authorization_endpoint))
    answer = client.parse_response(AuthorizationResponse, info=location, sformat="urlencoded")
    tokens = client.do_access_token_request(
        state=answer["state"],
        request_args={"code": answer["code"], "redirect_uri": REDIRECT_URI},
    )
    assert "id_token" in tokens, tokens.to_dict()


def userinfo() -> None:
    answer = client.do_user_info_request(state=session["state"])
    assert answer["name"] == "Ada Lovelace", answer.to_dict()


def refresh() -> None:
    answer = client.do_access_token_refresh(
        state=session["state"], authn_method="client_secret_basic"
    )
    assert "access_token" in answer, answer.to_dict()


step("sign-in", sign_in)
step("people/me", userinfo)
step("refresh", refresh)
