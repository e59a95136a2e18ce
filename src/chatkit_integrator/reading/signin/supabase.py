"""Supabase as a sign-in: its cookie helpers in use, or its client where ``.auth`` is asked. As a mere database it is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.reading.signin.shared import SignIn, uses
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from chatkit_integrator.reading.scripts import Scripts

HELPERS = ("@supabase/ssr", "@supabase/auth-helpers-nextjs", "@supabase/auth-helpers-react", "@supabase/auth-ui-react")
CLIENT = "@supabase/supabase-js"
_ASKED = re.compile(
    r"\.auth\.(getUser|getSession|getClaims|signIn\w*|signUp|signOut|onAuthStateChange|exchangeCodeForSession)$"
)


def detect(scripts: Scripts) -> SignIn | None:
    """Find Supabase Auth in use."""
    places = tuple(uses(scripts, *HELPERS))
    if not places and _is_asked(scripts):
        places = tuple(uses(scripts, CLIENT))
    return SignIn(FrontendAuth("supabase"), places) if places else None


def _is_asked(scripts: Scripts) -> bool:
    if CLIENT not in scripts.declared:
        return False
    return any(
        _ASKED.search(node.text())
        for script in scripts.containing(b".auth.")
        for node in tsx.root(script.text).find_all(kind="member_expression")
    )
