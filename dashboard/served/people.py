"""Sign-in, invitation, account with tokens, users and audit."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.responses import Response

from app import audit
from app.access import Action, Role, Scope, require
from app.accounts import people, signing_in, tokens
from app.accounts.limits import SIGN_IN_FROM_ADDRESS, SIGN_IN_OF_EMAIL
from app.accounts.people import Person, Rights, roles_of
from app.db import reading, writing
from app.errors import CitymarkError, Conflict, Invalid, NotFound, Unauthenticated, Unavailable, WeakPassword
from app.observed import REFUSED_SIGN_INS
from app.queries import reference
from dashboard.served.asked import Asked
from ingest.tasks import queue
from ingest.webhooks import subscriptions

log = logging.getLogger("citymark.forms")
EVENTS = 50
TASKS = 30


def sign_in(asked: Asked) -> Response:
    """The form; what was asked for comes after it."""
    if asked.actor.is_signed_in:
        return asked.go(home(asked))
    return asked.page("sign_in.html", next=local_path(asked.query.get("next", "")), email="", error=None)


def do_sign_in(asked: Asked) -> Response:
    """Try; the answer to every failure is the same, and trying is limited for the address and for the network."""
    _passwords_only(asked)
    email, after = asked.field("email"), local_path(asked.field("next"))
    try:
        asked.house.limiter.count(SIGN_IN_FROM_ADDRESS, "sign-in-from", asked.address)
        asked.house.limiter.count(SIGN_IN_OF_EMAIL, "sign-in-of", email.casefold())
        with writing(asked.house.engine) as session:
            secret = signing_in.by_password(session, email, asked.form.get("password", ""), now=asked.now)
    except Unavailable:
        raise
    except (Unauthenticated, CitymarkError) as error:
        key = "sign_in_refused" if isinstance(error, Unauthenticated) else "too_many"
        why = "wrong" if isinstance(error, Unauthenticated) else "too-many"
        REFUSED_SIGN_INS.labels(why).inc()
        log.warning("sign-in refused", extra={"said": {"why": why}})
        words = asked.words.say(key)
        return asked.page("sign_in.html", error.status, next=after, email=email, error=words)
    return signed_in(asked, secret, after or "/sign-in")


def signed_in(asked: Asked, secret: str, path: str) -> Response:
    """On to a page, with the cookie that tells who it is."""
    answer = asked.go(path)
    answer.set_cookie(
        asked.house.cookie,
        secret,
        max_age=int(signing_in.LASTS.total_seconds()),
        secure=asked.house.is_secure,
        httponly=True,
        samesite="lax",
        path="/",
    )
    return answer


def do_sign_out(asked: Asked) -> Response:
    """End the sign-in on the server and take the cookie away."""
    if asked.secret:
        with writing(asked.house.engine) as session:
            signing_in.sign_out(session, asked.secret, now=asked.now)
    answer = asked.go("/sign-in")
    answer.delete_cookie(asked.house.cookie, path="/", secure=asked.house.is_secure, httponly=True)
    return answer


def home(asked: Asked) -> str:
    """Where a person begins."""
    if Role.OFFICIAL in asked.actor.roles:
        return "/submit"
    return "/review" if Role.REVIEWER in asked.actor.roles else "/account"


def local_path(path: str) -> str:
    """A path of this host, or nothing: nobody is sent elsewhere after signing in."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if is_ours and path.isprintable() and "\\" not in path else ""


def invitation(asked: Asked) -> Response:
    """Where the link of an invitation leads: its key comes by the form, from a script or from the person."""
    _passwords_only(asked)
    return asked.page("invitation_key.html", error=None)


def do_invitation(asked: Asked) -> Response:
    """The key opens the form of a password; with a password it is set."""
    _passwords_only(asked)
    # A link that was pasted whole will do.
    key = asked.field("key").rpartition("#")[2]
    try:
        with reading(asked.house.engine) as session:
            person = people.invited(session, key, now=asked.now)
    except NotFound:
        return asked.page("invitation_key.html", 404, error=asked.words.say("invitation_unknown"))
    if "password" not in asked.form:
        return asked.page("invitation.html", key=key, person=person, error=None)
    return _accept(asked, key, person)


def _accept(asked: Asked, key: str, person: Person) -> Response:
    """The password is set and the person signed in."""
    try:
        with writing(asked.house.engine) as session:
            people.accept(session, key, asked.form["password"], now=asked.now)
            secret = signing_in.start(session, person.id, "invitation", now=asked.now)
    except WeakPassword as error:
        words = asked.words.say(f"password_{error.why}")
        return asked.page("invitation.html", 422, key=key, person=person, error=words)
    return signed_in(asked, secret, "/account")


def account(asked: Asked, made: str | None = None, error: str | None = None) -> Response:
    """Who I am, what I may, my tokens."""
    _signed_in_only(asked)
    with reading(asked.house.engine) as session:
        person = people.person(session, asked.actor.account_id or 0)
        mine = tokens.tokens(session, asked.actor) if asked.actor.roles else []
        browsers = signing_in.browsers(session, asked.actor, asked.secret or "", now=asked.now)
        cities = {entry.city.code: entry.city for entry in reference.cities(session)} if person.cities else {}
    status = 422 if error else 200
    shown = [asked.words.name(cities[code]) for code in person.cities]
    return asked.page(
        "account.html",
        status,
        person=person,
        cities=shown,
        tokens=mine,
        browsers=browsers,
        now=asked.now,
        made=made,
        error=error,
        scopes=list(Scope),
        most_days=tokens.MOST_DAYS,
    )


def do_token(asked: Asked) -> Response:
    """Make a token: the page shows it this once."""
    _signed_in_only(asked)
    days = asked.field("days")
    try:
        with writing(asked.house.engine) as session:
            scopes = frozenset(Scope(name) for name in asked.listed("scope") if name in set(Scope))
            number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
            _, secret = tokens.add_token(session, asked.actor, asked.field("name"), scopes, number, now=asked.now)
    except Invalid:
        return account(asked, error=asked.words.say("token_refused", most=tokens.MOST_DAYS))
    return account(asked, made=secret)


def do_revoke(asked: Asked) -> Response:
    """Take a token back."""
    _signed_in_only(asked)
    with writing(asked.house.engine) as session:
        tokens.revoke_token(session, asked.actor, int(asked.places["token"]), now=asked.now)
    return asked.go("/account")


def do_end_browser(asked: Asked) -> Response:
    """Sign out in another browser."""
    _signed_in_only(asked)
    with writing(asked.house.engine) as session:
        signing_in.end_browser(session, asked.actor, asked.places["browser"], now=asked.now)
    return asked.go("/account")


def do_password(asked: Asked) -> Response:
    """Change the password, with the old one; every browser signs in anew."""
    _signed_in_only(asked)
    _passwords_only(asked)
    asked.house.limiter.count(SIGN_IN_OF_EMAIL, "password-of", str(asked.actor.account_id))
    try:
        with writing(asked.house.engine) as session:
            email = people.person(session, asked.actor.account_id or 0).email
            signing_in.by_password(session, email, asked.form.get("old", ""), now=asked.now)
            people.set_password(session, asked.actor, asked.form.get("password", ""), now=asked.now)
            secret = signing_in.start(session, asked.actor.account_id or 0, "password", now=asked.now)
    except WeakPassword as error:
        return account(asked, error=asked.words.say(f"password_{error.why}"))
    except Unauthenticated:
        return account(asked, error=asked.words.say("old_password_refused"))
    return signed_in(asked, secret, "/account")


def admin(asked: Asked, link: str | None = None, error: str | None = None) -> Response:
    """Everybody, with rights; the newest audit events."""
    require(asked.actor, Action.MANAGE_ACCOUNTS)
    before = asked.query.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
    with reading(asked.house.engine) as session:
        everybody = people.people(session)
        events = audit.events(session, before=number, limit=EVENTS)
        broken = next(audit.faults(session), None)
        hooks = subscriptions.webhooks(session, asked.actor)
        tasks, counts = queue.tasks(session, asked.actor, limit=TASKS), queue.counts(session)
    status = 422 if error else 200
    return asked.page(
        "admin.html",
        status,
        people=everybody,
        events=events,
        link=link,
        error=error,
        broken=broken,
        hooks=hooks,
        tasks=tasks,
        counts=counts,
        oldest=events[-1].number if len(events) == EVENTS else None,
    )


def do_add_person(asked: Asked) -> Response:
    """Make an account and show the link with which its password is set."""
    require(asked.actor, Action.MANAGE_ACCOUNTS)
    try:
        with writing(asked.house.engine) as session:
            person = people.add_person(
                session,
                asked.actor,
                asked.field("email"),
                asked.field("name"),
                _rights(asked),
                now=asked.now,
                language=asked.words.language,
            )
            secret = people.invite(session, asked.actor, person.id, now=asked.now)
    except (Invalid, Conflict) as error:
        return admin(asked, error=error.message)
    return (
        admin(asked, link=people.invitation_link(asked.house.public_url, secret))
        if asked.house.has_passwords
        else asked.go("/admin")
    )


def do_person(asked: Asked) -> Response:
    """Change rights, shut out, let in, or invite anew."""
    require(asked.actor, Action.MANAGE_ACCOUNTS)
    number, deed = int(asked.places["person"]), asked.field("deed")
    secret = None
    try:
        with writing(asked.house.engine) as session:
            if deed == "invite":
                _passwords_only(asked)
                secret = people.invite(session, asked.actor, number, now=asked.now)
            elif deed in ("disable", "enable"):
                people.set_active(session, asked.actor, number, is_active=deed == "enable", now=asked.now)
            else:
                people.set_rights(session, asked.actor, number, _rights(asked), now=asked.now)
    except (Invalid, Conflict) as error:
        return admin(asked, error=error.message)
    return admin(asked, link=people.invitation_link(asked.house.public_url, secret)) if secret else asked.go("/admin")


def do_task(asked: Asked) -> Response:
    """Have a failed task tried anew."""
    try:
        with writing(asked.house.engine) as session:
            queue.again(session, asked.actor, int(asked.places["task"]), now=asked.now)
    except Conflict as error:
        return admin(asked, error=error.message)
    return asked.go("/admin#tasks")


def _rights(asked: Asked) -> Rights:
    return Rights(roles_of(asked.listed("role")), frozenset(asked.listed("cities")))


def _passwords_only(asked: Asked) -> None:
    if not asked.house.has_passwords:
        raise NotFound("nobody signs in by a password here: use single sign-on")


def _signed_in_only(asked: Asked) -> None:
    if not asked.actor.is_signed_in:
        raise Unauthenticated("sign in first")
