"""Sign-in systems that are recognised and not told apart further: libraries by name, and sessions that the backend keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.signin.shared import SignIn, uses
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.reading.scripts import Scripts

SEALED = "iron-session"
PACKAGES = (
    SEALED,
    "@auth0/nextjs-auth0",
    "@auth0/auth0-react",
    "@workos-inc/authkit-nextjs",
    "@kinde-oss/kinde-auth-nextjs",
    "@stackframe/stack",
    "@logto/next",
    "@descope/nextjs-sdk",
    "@stytch/nextjs",
    "@propelauth/nextjs",
    "aws-amplify",
    "firebase",
    "firebase-admin",
    "next-firebase-auth-edge",
    "keycloak-js",
    "lucia",
    "oidc-client-ts",
    "react-oidc-context",
    "@azure/msal-react",
    "@azure/msal-browser",
)
_DATA_ONLY = ("firebase/app", "firebase/firestore", "firebase/storage", "firebase/analytics", "firebase-admin/app")


def detect(scripts: Scripts) -> SignIn | None:
    """Find one of the libraries in use; the cookie's name where it seals a session of its own."""
    places = tuple(uses(scripts, *PACKAGES, unless=_DATA_ONLY))
    if not places:
        return None
    cookie = _sealed(scripts)
    return SignIn(FrontendAuth("other", cookie, True if cookie else None), places)


def _sealed(scripts: Scripts) -> str | None:
    for script in scripts.containing(b"cookieName") if SEALED in scripts.declared else ():
        for node in tsx.root(script.text).find_all(kind="object"):
            names = scripts.texts(script, javascript.property_value(node, "cookieName"))
            if names:
                return names[0]
    return None


def of_the_backend(scripts: Scripts) -> SignIn | None:
    """Requests that carry cookies to another server: a session that the backend alone knows."""
    for script in scripts.containing(b"credentials", b"withCredentials"):
        for node in tsx.root(script.text).find_all(kind="pair"):
            key, value = node.field("key"), node.field("value")
            written = (key.text(), value.text().strip("'\"`")) if key is not None and value is not None else None
            if written in {("credentials", "include"), ("withCredentials", "true")}:
                return SignIn(FrontendAuth("other"), (Location(script.path, javascript.line(node)),))
    return None
