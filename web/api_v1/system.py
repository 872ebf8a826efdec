"""How the service stands."""

from flask import Response

from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.schemas.system import Health, System
from web.extension import database, settings, whole_database
from web.system.health import read_service_health
from web.system.report import read_public_key, read_report

_PEM = "application/x-pem-file"


@api_v1.get("/system")
@operation(Scope.READ, answer=System, tag="system")
def read_system() -> System:
    """Version, work, disk, database, broker, champion and settings in force."""
    return System.of(read_report(database(), settings()))


@api_v1.get("/system/health")
@operation(Scope.READ, Scope.SUBMIT, Scope.REVIEW, answer=Health, tag="system")
def read_health() -> Health:
    """Whether the service does its work: 200 also where `ok` is false; `/health` answers 503 then."""
    return Health.of(read_service_health(whole_database(), settings()))


@api_v1.get("/system/evidence-key.pem")
@operation(Scope.READ, tag="system", media=_PEM)
def read_evidence_key() -> Response:
    """The public key that verifies evidence packs."""
    headers = {"Content-Disposition": "attachment; filename=evidence-key.pem"}
    return Response(read_public_key(settings()).pem, mimetype=_PEM, headers=headers)
