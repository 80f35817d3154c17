"""The gateway: its own routes, and in front of them the way to the services."""

from chassis.app import create_app
from chassis.clock import Clock, utc_now
from chassis.departure.erasure import ERASURE, erasing
from chassis.messages.kinds import Outbound
from chassis.messages.routes import message_routes
from chassis.persons.jobs import RETENTION, retention_sweep
from chassis.persons.routes import person_routes
from chassis.persons.sources import PersonDesk, PersonSource
from chassis.runtime import Runtime
from chassis.service import Service
from chassis.settings import load
from chassis.tasks.routes import task_routes
from chassis.tokens import Issuer
from contracts.base import Text
from contracts.gateway import EVENTS, MESSAGE_EVENTS, PersonDisclosed, PersonErased
from gateway import figures
from gateway.calendars import jobs
from gateway.calendars import routes as calendars
from gateway.calendars.actions import COVERAGE, RENEWAL
from gateway.calendars.rules import LOAD_NEXT_YEAR
from gateway.clauses import routes as clauses
from gateway.clients import routes as clients
from gateway.credentials.exchange import KeyExchange
from gateway.credentials.feed import WithdrawalFeed
from gateway.credentials.issuing import AuthorizationServer
from gateway.documents import routes as documents
from gateway.documents.document import offering, read_document, serve_documents
from gateway.invitations import routes as invitations
from gateway.invitations.rules import IS_MEMBER, OBJECT_TO_RECOVERY
from gateway.keys import routes as keys
from gateway.members import routes as members
from gateway.merged import routes as merged
from gateway.notices.actions import INVITATION
from gateway.notices.jobs import put_on_invitation
from gateway.oauth import routes as oauth
from gateway.people import routes as people
from gateway.persons import queries as persons
from gateway.persons.actions import erase_invited, erase_member
from gateway.providers import routes as providers
from gateway.proxy.entrance import Entrance
from gateway.proxy.front import Front
from gateway.proxy.routing import RoutingTable
from gateway.proxy.upstream import Upstream
from gateway.settings import GatewaySettings

PERSONS = PersonDesk(
    "gateway",
    (
        PersonSource(
            data_class="member",
            title=Text("Members", "成员"),
            kept_years=2,
            tables=frozenset({"member", "invitation"}),
            find=None,
            tell=persons.tell_member,
            erase=erase_member,
            ended=persons.ended_members,
            everyone=persons.every_member,
        ),
        PersonSource(
            data_class="invitation",
            title=Text("Invited persons", "受邀人员"),
            kept_years=1,
            tables=frozenset({"invitation"}),
            find=None,
            tell=persons.tell_invited,
            erase=erase_invited,
            ended=persons.ended_invitations,
            everyone=persons.every_invitation,
        ),
    ),
    erased=PersonErased,
    disclosed=PersonDisclosed,
)

SERVICE = Service(
    name="gateway",
    package="gateway",
    title=Text("Gateway", "网关"),
    routers=(
        providers.router,
        clients.router,
        keys.router,
        clauses.router,
        members.router,
        invitations.router,
        people.router,
        calendars.router,
        oauth.router,
        figures.router,
        documents.router,
        merged.router,
        person_routes(PERSONS),
        task_routes("gateway"),
        message_routes("gateway", MESSAGE_EVENTS),
    ),
    events=EVENTS,
    conflicts={
        "uq_provider_slug": Text("Another provider has this short name.", "已有其他供方使用该简称。"),
        "pk_member": IS_MEMBER,
    },
    timers={RENEWAL: jobs.renew, COVERAGE: jobs.warn, ERASURE: erasing("gateway", frozenset({"profile"}))},
    daily={RETENTION: retention_sweep(PERSONS)},
    messages=(Outbound(INVITATION, put_on_invitation),),
    tasks={kind.why: kind for kind in (LOAD_NEXT_YEAR, OBJECT_TO_RECOVERY)},
)


def create_gateway(settings: GatewaySettings, *, clock: Clock = utc_now) -> Front:
    """The whole gateway as one ASGI application."""
    app = create_app(SERVICE, settings, clock=clock)
    app.router.redirect_slashes = False
    runtime: Runtime = app.state.runtime
    feed = WithdrawalFeed(runtime.database, runtime.verifier.revocations)
    runtime.database.on_journal(feed.wake)
    app.state.feed = feed
    issuer = Issuer(settings.private_key, settings.issuer, clock)
    operator_digest = settings.operator_key.get_secret_value()
    server = AuthorizationServer(runtime.database, issuer, settings.issuer, operator_digest)
    app.state.authorization_server = server
    document = read_document()
    app.state.served = serve_documents(document)
    app.state.senders = offering(document, "messages")
    entrance = Entrance(settings, runtime.verifier, KeyExchange(server, runtime.verifier, clock))
    upstream = Upstream(settings.services)
    app.state.upstream = upstream
    return Front(app, RoutingTable(document), upstream, entrance)


def app_from_environment() -> Front:
    """The application as a process starts it."""
    return create_gateway(load(GatewaySettings, SERVICE.name))
