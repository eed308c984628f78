"""The sandbox's switches, without asyncio: Playwright's own loop is running."""

import httpx

AUTHORIZE = "GET /v1/authorize"
EXCHANGE = "POST /v1/access_token"
REVOKE = "POST /idb/oauth2/v1/revoke"
PEOPLE_ME = "GET /v1/people/me"


class Sandbox:
    """Sets faults and reads counters at `/_sandbox`; see `webex_sandbox.control.switches`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/_sandbox", trust_env=False)

    def reset(self) -> None:
        self._send("POST", "/reset", {})

    def fault(self, route: str, **what: object) -> None:
        self._send("POST", "/faults", {"route": route, **what})

    def calls(self, route: str) -> int:
        return int(self._send("GET", "/calls").json().get(route, 0))

    def take_scope_from_registration(self, scope: str) -> None:
        """Register the integration anew, as somebody who forgot to tick a scope."""
        integration = self._send("GET", "/integrations").json()["items"][0]
        scopes = [name for name in integration["scopes"] if name != scope]
        secret = {"client_secret": "insecure-sandbox-secret"}
        self._send("POST", "/integrations", {**integration, **secret, "scopes": scopes})

    def say(self, text: str = "", **what: str) -> str:
        """Somebody writes in the demo space (Grace, unless `email` says otherwise); the id comes back."""
        return str(self._send("POST", "/messages", {"text": text, **what}).json()["id"])

    def membership(self, email: str, *, is_member: bool) -> None:
        """Put somebody into the demo space, or take them out."""
        self._send("PUT", "/memberships", {"email": email, "is_member": is_member})

    def lift_faults(self) -> None:
        self._send("DELETE", "/faults")

    def confidential(self) -> dict[str, list[str]]:
        """States, verifiers, codes and tokens that passed, by kind."""
        values: dict[str, list[str]] = self._send("GET", "/confidential").json()
        return values

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer
