"""Tokens of test users: signed with a secret, or with keys whose public halves a JWKS address serves; and forged ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Algorithm: TypeAlias = Literal["HS256", "RS256", "EdDSA"]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(value: object) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Keys:
    """A pair of keys of each kind; made when they are first needed."""

    name: str = "proof"

    @cached_property
    def rsa(self) -> RSAPrivateKey:
        """Of 2048 bits."""
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - heavy

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def ed25519(self) -> Ed25519PrivateKey:
        """Of Edwards' curve."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - heavy

        return Ed25519PrivateKey.generate()

    @cached_property
    def jwks(self) -> dict[str, Any]:
        """The public halves, as an address of an issuer serves them."""
        numbers = self.rsa.public_key().public_numbers()
        rsa = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": f"{self.name}-RS256"}
        okp = {"kty": "OKP", "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "kid": f"{self.name}-EdDSA"}
        return {
            "keys": [
                {**rsa, "n": _number(numbers.n), "e": _number(numbers.e)},
                {**okp, "x": _text(self.ed25519.public_key().public_bytes_raw())},
            ]
        }

    def token(self, claims: Mapping[str, Any], algorithm: Algorithm, secret: str = "") -> str:
        """A token that says ``claims``; ``secret`` is what HS256 signs with."""
        kid = {} if algorithm == "HS256" else {"kid": f"{self.name}-{algorithm}"}
        head = f"{_json({'alg': algorithm, 'typ': 'JWT', **kid})}.{_json(claims)}"
        return f"{head}.{_text(self._signed(head.encode(), algorithm, secret))}"

    def _signed(self, data: bytes, algorithm: Algorithm, secret: str) -> bytes:
        match algorithm:
            case "HS256":
                return hmac.new(secret.encode(), data, hashlib.sha256).digest()
            case "RS256":
                from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - heavy
                from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

                return self.rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())
            case "EdDSA":
                return self.ed25519.sign(data)


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token that says that it is not signed."""
    return f"{_json({'alg': 'none', 'typ': 'JWT'})}.{_json(claims)}."


def tampered(value: str) -> str:
    """The same value with another end, so that no signature over it fits."""
    turned = "".join("A" if one != "A" else "B" for one in value[-12:])
    return value[:-12] + turned
