"""Who comes in, and how often: tokens verified, API keys exchanged, rates kept."""

from functools import lru_cache
from ipaddress import IPv6Network, ip_address

from chassis.access import unauthenticated
from chassis.tokens import Caller, InvalidToken, Verifier
from gateway.credentials.exchange import KeyExchange
from gateway.credentials.rules import KEY_PREFIX
from gateway.proxy.rates import Rate, RateLimit
from gateway.settings import GatewaySettings

NETWORK_BITS = 64


class Entrance:
    """Admits requests. Limits count in this process: N gateways allow N times as much."""

    def __init__(self, settings: GatewaySettings, verifier: Verifier, exchange: KeyExchange) -> None:
        self._verifier, self._exchange = verifier, exchange
        self._clients = RateLimit(Rate("client", settings.client_rate, settings.client_burst))
        self._public = RateLimit(Rate("address", settings.public_rate, settings.public_burst))
        self._refusals = RateLimit(Rate("authentication", settings.refusals / 60, settings.refusals))

    async def admit(self, authorization: bytes | None, address: str) -> str | None:
        """The access token to go on with; None for a request without one.

        Raises a 401 problem for a token that is not valid, and a 429 when the client, the key, or without a token the
        address asks too often.
        """
        token = _bearer(authorization)
        if token is None:
            self._public.admit(network_of(address))
            return None
        caller, token = await self._identified(token, address)
        self._clients.admit(caller.key_id or caller.client_id)
        return token

    def expect_proof(self, address: str) -> None:
        """Raises a 429 problem for an address from which authentication failed too often."""
        seconds = self._refusals.wait(network_of(address))
        if seconds > 0:
            raise self._refusals.refusal(seconds)

    def note_refusal(self, address: str) -> None:
        """Counts a failed authentication."""
        self._refusals.count(network_of(address))

    async def _identified(self, token: str, address: str) -> tuple[Caller, str]:
        try:
            if not token.startswith(KEY_PREFIX):
                return self._verifier.verify(token), token
            exchanged = self._exchange.kept(token)
            if exchanged is None:
                self.expect_proof(address)
                exchanged = await self._exchange.exchange(token)
            return exchanged.caller, exchanged.token
        except InvalidToken:
            self.expect_proof(address)
            self.note_refusal(address)
            raise unauthenticated() from None


def _bearer(authorization: bytes | None) -> str | None:
    scheme, _, token = (authorization or b"").partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What counts as one address: an IPv6 address stands for its /64, which one subscriber has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, NETWORK_BITS), strict=False))
