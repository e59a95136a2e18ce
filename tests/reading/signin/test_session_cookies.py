from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.reading.signin import jwt_cookie

if TYPE_CHECKING:
    from sitting import Site

HEAD = 'import { cookies } from "next/headers";\n'


def found(site: Site, *texts: str, **files: str) -> FrontendAuth | None:
    numbered = {f"lib/{number}.ts": text for number, text in enumerate(texts)}
    way = jwt_cookie.detect(site({**numbered, **{name.replace("__", "/") + ".ts": text for name, text in files.items()}}))
    return way.auth if way else None


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "// cookies().set('session', t)\n/* (await cookies()).get('session') */",
        HEAD + "(await cookies()).set('chat-model', m); (await cookies()).get('sidebar_state')",
        HEAD + "const s = await cookies(); s.set('theme', 'dark'); s.get('csrf_token'); s.get('refresh_token')",
        HEAD + "(await cookies()).set('google_access_token', t, { httpOnly: true })",
        HEAD + "(await cookies()).delete('session'); (await cookies()).set('session', '')",
        HEAD + "(await cookies()).get('next-auth.session-token'); (await cookies()).get('__Secure-authjs.session-token')",
        "document.cookie = 'session=; Max-Age=0'; document.cookie = `session=`; document.cookie = `${name}=1`",
        "const token = searchParams.get('token'); const t = headers.get('authorization'); // cookie",
        HEAD
        + "createServerClient(u, k, { cookies: { setAll(all) { all.forEach(({ name, value }) => jar.set(name, value)) } } })",
        "const m = new Map(); m.set('session', 1); // cookie",
    ],
)
def test_what_holds_no_session_of_the_project_is_none(site: Site, text: str) -> None:
    assert found(site, text) is None


@pytest.mark.parametrize(
    ("text", "http_only"),
    [
        ("(await cookies()).set('accessToken', data.access_token);", False),
        ("cookies().set('accessToken', t, { httpOnly: true });", True),
        ("cookies().set('accessToken', t, { httpOnly: false });", False),
        ("cookies().set('accessToken', t, { secure: true });", False),
        ("cookies().set('accessToken', t, { httpOnly: isProduction });", None),
        ("cookies().set('accessToken', t, options(request));", None),
        ("cookies().set({ name: 'accessToken', value: t, httpOnly: true });", True),
        ("const store = await cookies();\nstore.set('accessToken', t, { httpOnly: true });", True),
        ("const [u, jar] = await Promise.all([who(), cookies()]);\njar.set('accessToken', t, { httpOnly: true });", True),
        ("response.cookies.set('accessToken', t, { httpOnly: true });", True),
        ("const flags = { httpOnly: true, path: '/' } as const;\ncookies().set('accessToken', t, flags);", True),
        ("const flags = { httpOnly: true };\ncookies().set('accessToken', t, { ...flags, maxAge: 1 });", True),
        ("return new Response(null, { headers: { 'Set-Cookie': `accessToken=${t}; Path=/; HttpOnly` } });", True),
        ("response.headers.append('set-cookie', `accessToken=${t}; Path=/`);", False),
        ("res.setHeader('Set-Cookie', serialize('accessToken', t, { httpOnly: true }));", True),
        ("res.headers.append('Set-Cookie', [`accessToken=${t}; HttpOnly`, `theme=dark`]);", True),
        ("document.cookie = `accessToken=${t}; path=/`;", False),
        ("document.cookie = 'accessToken=' + t + '; path=/';", False),
        ("const NAME = 'accessToken';\ndocument.cookie = `${NAME}=${t}`;", False),
        ("const t = request.cookies.get('accessToken');", None),
        ("const t = req.cookies.accessToken;", None),
        ("const t = req.cookies['accessToken'];", None),
        ("if (request.cookies.has('accessToken')) go();", None),
    ],
)
def test_a_session_cookie_is_found_however_it_is_set_or_read(site: Site, text: str, http_only: bool | None) -> None:
    assert found(site, HEAD + text) == FrontendAuth("jwt-cookie", "accessToken", http_only=http_only)


@pytest.mark.parametrize(
    "text",
    [
        "import Cookies from 'js-cookie';\nCookies.set('token', t, { expires: 7 });",
        "import { setCookie } from 'cookies-next';\nsetCookie('token', t);",
        "import { setCookie } from 'nookies';\nsetCookie(ctx, 'token', t, { path: '/' });",
        "import Jar from 'universal-cookie';\nconst jar = new Jar(); const cookies = jar;\ncookies.set('token', t);",
    ],
)
def test_a_cookie_that_scripts_set_is_readable_by_scripts(site: Site, text: str) -> None:
    assert found(site, text) == FrontendAuth("jwt-cookie", "token", http_only=False)


def test_a_name_is_followed_through_one_import_and_its_default(site: Site) -> None:
    text = HEAD + "import { SESSION as NAME } from '../config';\n(await cookies()).set(NAME, t, { httpOnly: true });"
    config = "export const SESSION = process.env.COOKIE ?? 'my_session';"
    assert found(site, text, config=config) == FrontendAuth("jwt-cookie", "my_session", http_only=True)


def test_a_name_is_followed_through_an_alias_and_an_object(site: Site) -> None:
    text = HEAD + "import { auth } from '@/config';\n(await cookies()).get(auth.names.session);"
    files = {"lib/a.ts": text, "src/config.ts": "export const auth = { names: { session: 'my_session' } };"}
    settings = '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}'
    way = jwt_cookie.detect(site({**files, "tsconfig.json": settings}))
    assert way is not None
    assert way.auth.cookie == "my_session"


def test_settings_that_contradict_each_other_are_not_decided(site: Site) -> None:
    texts = [HEAD + f"cookies().set('session', t, {{ httpOnly: {value} }});" for value in ("true", "false")]
    assert found(site, *texts) == FrontendAuth("jwt-cookie", "session", http_only=None)


def test_of_several_the_one_that_is_sent_as_bearer_is_it(site: Site) -> None:
    text = HEAD + "const t = (await cookies()).get('jwt')?.value;\nconst h = { Authorization: `Bearer ${t}` };"
    auth = found(site, HEAD + "cookies().set('session', s);", text)
    assert auth == FrontendAuth("jwt-cookie", "jwt", http_only=None)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("cookies().set('session', token);", None),
        ("cookies().set('session', await encrypt({ id }));", "encrypted"),
        ("cookies().set('session', made.encryptedAccess);", "encrypted"),
        ("const value = await sealData(session, options);\ncookies().set({ name: 'session', value });", "encrypted"),
        ("const kept = await sealData(session, options);\ncookies().set({ name: 'session', value: kept });", "encrypted"),
        ("const [kept, more] = await Promise.all([of(a), of(b)]);\ncookies().set('session', kept);", None),
        ("const [kept, more] = await Promise.all([encrypt(a), encrypt(b)]);\ncookies().set('session', kept);", "encrypted"),
        ("const t = await signIn(credentials);\ncookies().set('session', t);", None),
        ("const t = await new SignJWT({ id }).sign(KEY);\ncookies().set('session', t);", "signed"),
        ("const encrypted = await signToken({ id });\ncookies().set('session', encrypted);", "signed"),
        ("cookies().set('session', jwt.sign({ id }, KEY));", "signed"),
        ("cookies().set({ name: 'session', value: await signToken(user) });", "signed"),
        ("const session = await decrypt(cookies().get('session')?.value);", "encrypted"),
        ("const kept = cookies().get('session')?.value;\nconst session = await decryptSession(kept);", "encrypted"),
        ("const kept = cookies().get('session')?.value;\nconst session = await verify(kept);", None),
        ("res.setHeader('Set-Cookie', serialize('session', seal(id), { httpOnly: true }));", "encrypted"),
        ("const t = decrypt(cookies().get('session'));\nconst h = `Bearer ${cookies().get('session')?.value}`;", None),
    ],
)
def test_a_cookie_that_the_site_makes_itself_is_told_from_a_token(site: Site, text: str, made: str | None) -> None:
    auth = found(site, HEAD + text)
    assert auth is not None
    assert auth.made == made


def test_where_nothing_decides_every_name_is_given_and_none_chosen(site: Site) -> None:
    way = jwt_cookie.detect(site({"a.ts": HEAD + "cookies().set('session', t); cookies().set('id_token', t);"}))
    assert way is not None
    assert (way.auth.cookie, set(way.cookies)) == (None, {"session", "id_token"})


def test_a_cookie_in_a_test_or_a_story_is_none(site: Site) -> None:
    text = HEAD + "cookies().set('session', t);"
    assert jwt_cookie.detect(site({"__tests__/a.ts": text, "a.test.ts": text, "b.stories.tsx": text})) is None


def test_windows_line_endings_and_a_byte_order_mark_change_nothing(site: Site) -> None:
    text = "\ufeff" + (HEAD + "cookies().set('session', t, { httpOnly: true });\n").replace("\n", "\r\n")
    way = jwt_cookie.detect(site({"a.ts": text}))
    assert way is not None
    assert (way.auth.http_only, way.places[0].line) == (True, 2)
