"""Declare operations, and describe them as an OpenAPI 3.1 document, with a page that shows it offline."""

import copy
import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib import resources
from importlib.metadata import version
from typing import Any, TypeVar

from flask import (
    Blueprint,
    Response,
    current_app,
    has_request_context,
    make_response,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter.protocol import SchemaMode
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin

from core.errors import InputError
from models import Scope
from web.api_v1.access import Access, access_of
from web.api_v1.described_headers import header_components, name_headers
from web.api_v1.problems import CONTENT_TYPE, PREFIX
from web.api_v1.schemas.base import Problem

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
#: What an operation returns: a model, with a status and headers where these differ from the usual.
Answered = BaseModel | Response | tuple[BaseModel | str, int] | tuple[BaseModel, int, dict[str, str]]
View = Callable[..., ResponseReturnValue]

api_v1 = Blueprint("api_v1", __name__, url_prefix=PREFIX)

_JSON = "application/json"
_FORM = "multipart/form-data"
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
#: Files of the viewer, and what they are.
_VIEWER = {
    "bundle": ("swagger_bundle.js", "text/javascript"),
    "preset": ("swagger_preset.js", "text/javascript"),
    "style": ("swagger_style.css", "text/css"),
}
#: What is said of a field in place of pydantic's words, by the type of its error.
_SENTENCES = {
    "extra_forbidden": "there is no such field.",
    **dict.fromkeys(("missing", "union_tag_not_found"), "this field is missing."),
}
#: The page runs the viewer's own script, which styles what it draws.
_DOCS_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)


def _raise_invalid(_request: Any, _response: Any, error: Exception | None, _view: Any, _adapter: Any) -> None:
    """Called after a request was checked: the first error becomes a problem."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        loc, sentence = first["loc"], _SENTENCES.get(first["type"], f"{first['msg']}.")
        if first["type"] == "union_tag_not_found":
            loc = (*loc, first["ctx"]["discriminator"].strip("'"))
        raise InputError("request_invalid", f"{'.'.join(map(str, loc)) or 'request'}: {sentence}")


class _Plugin(FlaskPlugin):
    """Answers that are no models, such as files, pass as they are and are not read into memory."""

    def validate_response(self, resp: Any, *given: Any) -> Any:
        return (resp, None) if isinstance(resp, Response) else super().validate_response(resp, *given)


class _StrictBodies(PydanticModelAdapter):
    """Checks a JSON body by the types of JSON, as the document says: `false` is no number, `"1"` is none."""

    def __init__(self) -> None:
        super().__init__()
        self._schemas: dict[tuple[type[Any], str, SchemaMode], dict[str, Any]] = {}

    def json_schema(
        self, model: type[Any], *, ref_template: str, mode: SchemaMode = "validation"
    ) -> dict[str, Any]:
        """Made once for each model: spectree, which copies it, asks anew at every operation."""
        key = (model, ref_template, mode)
        if key not in self._schemas:
            self._schemas[key] = super().json_schema(model, ref_template=ref_template, mode=mode)
        return self._schemas[key]

    def validate_obj(self, model: type[Any], value: Any) -> Any:
        """The model of a body, or of a query, whose values are all texts."""
        if has_request_context() and request.is_json and value is request.get_json(silent=True):
            return model.model_validate_json(request.get_data(), strict=True)
        return super().validate_obj(model, value)


class _Described(SpecTree):
    """Makes the schemas of the document when it is asked for: that takes as long as all imports of Flask."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self._declared: dict[str, tuple[type[Any], SchemaMode]] = {}
        super().__init__(*given, **options)

    def _add_model(self, model: type[Any], mode: SchemaMode = "validation") -> str:
        name: str = self.naming_strategy(model)
        self._declared[name] = model, mode
        return name

    def _generate_spec(self) -> dict[str, Any]:
        for model, mode in self._declared.values():
            super()._add_model(model, mode)
        document: dict[str, Any] = super()._generate_spec()
        return document


SPEC = _Described(
    "flask",
    model_adapter=_StrictBodies(),
    backend=_Plugin,
    before=_raise_invalid,
    validation_error_status=400,
    validation_error_model=Problem,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    title="Maskloop",
    version="1",
    description="Jobs of every kind, for programs. Every error is a problem of RFC 9457.",
    security_schemes=[
        SecurityScheme(name="token", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
    ],
    security={"token": []},
    mode="strict",
)


def operation(
    *scopes: Scope,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    tag: str,
    errors: tuple[int, ...] = (),
    leads_only: bool = False,
    media: str | None = None,
    body: str | None = None,
    form: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
    repeatable: bool = False,
) -> Callable[[Callable[..., Answered]], View]:
    """Declare a view as an operation: the scopes of which it needs one, and what it answers.

    The view's parameters `query` and `json` are models that spectree checks. Every operation may also answer
    400, 401, 403, 404, 405, 413, 415, 429, 500 and 503 with a problem, and those in `errors`.

    With `media`, the content type of a file or a stream, the view answers a response that is sent as it is,
    piece by piece. With `body`, a content type other than JSON, the view reads the request itself; with a
    `form` too, whose fields are files.
    `headers` are those of the request that the view reads, with what they say. `repeatable` views do
    what they do by `web.api_v1.starting`, once for each `Idempotency-Key`.
    """

    def declare(view: Callable[..., Answered]) -> View:
        usual = (400, 401, 403, 404, 405, 413, 415, *((416,) if media else ()), 429, 500, 503)
        more = (*errors, 422) if repeatable else errors
        problems = {f"HTTP_{code}": Problem for code in (*usual, *more)}
        check = SPEC.validate(
            resp=Answers(**{f"HTTP_{status}": answer}, **problems),
            tags=[tag],
            operation_id=view.__name__,
            skip_validation=False,
        )
        declared: Any = check(view)
        declared.api_access = Access(scopes=frozenset(scopes), leads_only=leads_only)
        declared.api_media, declared.api_headers = media, headers or {}
        declared.api_is_repeatable = repeatable
        declared.api_body, declared.api_form = _FORM if form else body, form
        return declared

    return declare


def public(view: ViewT) -> ViewT:
    """Declare a view that needs no token."""
    view.api_is_public = True  # type: ignore[attr-defined]
    return view


@api_v1.before_request
def _check_body() -> None:
    """A body that is no JSON object is named as such, not as one that lacks every field."""
    if request.method not in _METHODS_WITH_BODY or not (request.content_length or request.is_json):
        return
    body = getattr(current_app.view_functions.get(request.endpoint or ""), "api_body", None)
    if body is not None:
        if request.mimetype != body:
            raise InputError("content_type_wrong", f"Send the body as {body}.")
        return
    if not request.is_json:
        raise InputError("json_expected", f"Send the body as {_JSON}.")
    if not isinstance(request.get_json(silent=True), dict):
        raise InputError("json_invalid", "The body is not a JSON object.")


@api_v1.after_request
def _add_tag(response: Response) -> Response:
    """A tag by which an unchanged answer is not sent again."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
        if response.get_etag()[0] is None:
            response.add_etag(weak=True)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.make_conditional(request)
    return response


@api_v1.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """The document of every operation, OpenAPI 3.1; made once for each app and address."""
    made: dict[str, tuple[bytes, str]] = current_app.extensions.setdefault("openapi", {})
    if request.script_root not in made:
        content = current_app.json.dumps(read_document()).encode()
        made[request.script_root] = content, hashlib.sha256(content).hexdigest()
    content, tag = made[request.script_root]
    response = Response(content, mimetype=_JSON)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response


@api_v1.get("/docs")
@public
def docs() -> ResponseReturnValue:
    """A page that shows the document; it needs no internet."""
    page = make_response(render_template("api/docs.html"))
    page.headers["Content-Security-Policy"] = _DOCS_POLICY
    return page


@api_v1.get("/docs/<any(bundle, preset, style):part>")
@public
def docs_part(part: str) -> ResponseReturnValue:
    """A file of the viewer, Swagger UI, as the package offapi brings it."""
    name, mimetype = _VIEWER[part]
    response = Response((resources.files("offapi") / name).read_bytes(), mimetype=mimetype)
    response.set_etag(version("offapi"))
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.make_conditional(request)
    return response


def read_document() -> dict[str, Any]:
    """The OpenAPI document of the current app."""
    document = copy.deepcopy(SPEC.spec)
    document["servers"] = [{"url": request.script_root or "/"}]
    document["components"]["headers"] = header_components()
    for path in document["paths"].values():
        for method, declared in path.items():
            view: Any = current_app.view_functions[f"{api_v1.name}.{declared['operationId']}"]
            _name_problems(declared["responses"])
            _name_scopes(declared, access_of(view))
            _name_media(declared, view)
            _allow_empty_bodies(declared, document["components"]["schemas"])
            name_headers(declared, method, repeatable=view.api_is_repeatable)
            if method == "get":
                declared["responses"]["304"] = {"description": "Not changed since `If-None-Match`."}
    return document


def _allow_empty_bodies(declared: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body of which every field has a default can be left out, and so can a file, which is empty then."""
    body = declared.get("requestBody")
    if body is None:
        return
    schema = body["content"].get(_JSON, {}).get("schema", {})
    named = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    body["required"] = bool(named.get("required") or {"oneOf", "anyOf"} & set(named))


def _name_media(declared: dict[str, Any], view: Any) -> None:
    """What is sent and answered as a file or a stream."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    if view.api_media is not None:
        whole = declared["responses"]["200"] | {"content": {view.api_media: binary}}
        declared["responses"] |= {"200": whole, "206": whole | {"description": "A range of it."}}
    if view.api_form is not None:
        schema = view.api_form.model_json_schema()
        declared["requestBody"] = {"required": True, "content": {_FORM: {"schema": schema}}}
    elif view.api_body is not None:
        declared["requestBody"] = {"required": True, "content": {view.api_body: binary}}
    for name, words in view.api_headers.items():
        parameter = {"name": name, "in": "header", "description": words, "schema": {"type": "string"}}
        declared.setdefault("parameters", []).append(parameter)


def _name_scopes(declared: dict[str, Any], access: Access | None) -> None:
    """OpenAPI has scopes for OAuth alone: they stand in the description, and in `x-scopes` for programs."""
    if access is None:
        return
    scopes = [scope.value for scope in Scope if scope in access.scopes]
    of_leads = " The account must be a lead's." if access.leads_only else ""
    needs = f"Needs the scope {' or '.join(scopes)}.{of_leads}"
    declared["description"] = f"{declared.get('description') or ''}\n\n{needs}".strip()
    declared["x-scopes"] = scopes


def _name_problems(responses: dict[str, Any]) -> None:
    """Problems have a content type of their own, which spectree cannot declare."""
    for status, response in responses.items():
        content = response.get("content", {})
        if int(status) >= HTTPStatus.BAD_REQUEST and _JSON in content:
            content[CONTENT_TYPE] = content.pop(_JSON)
