"""The service over HTTP: what it answers, and to whom.

POST /payments        takes a payment; needs the header Idempotency-Key
GET  /payments/{id}   a payment that was taken
GET  /lane            which lane answers, at which edge
GET  /health          200 while the process is alive; asks nobody
GET  /ready           200 when the database answers; else 503 with the reason

Load balancers ask /health: if all lanes failed because their common database did, none
would be better than another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from sample_app.errors import Unavailable, Wrong
from sample_app.ledger import Ledger, Receipt
from sample_app.payment import LONGEST_BODY, parse_key, parse_payment

RETRY_AFTER_S = 1
_KEY = "Idempotency-Key"


def application(
    ledger: Ledger, who: Mapping[str, str], lifespan: Lifespan[Starlette]
) -> Starlette:
    """The service; `who` is what /lane tells beside the edge."""

    async def take(request: Request) -> Response:
        key = parse_key(request.headers.getlist(_KEY))
        _require_json(request.headers.get("content-type", ""))
        payment = parse_payment(await _body(request.stream()))
        receipt = await run_in_threadpool(ledger.take, key, payment)
        where = {"Location": f"/payments/{receipt.id}"}
        return JSONResponse(_answer(receipt), HTTPStatus.CREATED, headers=where)

    async def find(request: Request) -> Response:
        payment_id = int(request.path_params["payment_id"])
        return JSONResponse(_answer(await run_in_threadpool(ledger.find, payment_id)))

    async def lane(request: Request) -> Response:
        return JSONResponse({**who, "edge": request.scope.get("edge")})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        await run_in_threadpool(ledger.look)
        return JSONResponse({"status": "ready"})

    return Starlette(
        routes=[
            Route("/payments", take, methods=["POST"]),
            Route("/payments/{payment_id:int}", find),
            Route("/lane", lane),
            Route("/health", health),
            Route("/ready", ready),
        ],
        exception_handlers=dict.fromkeys(
            (Wrong, Unavailable, HTTPException, Exception), _told
        ),
        lifespan=lifespan,
    )


def _answer(receipt: Receipt) -> Mapping[str, Any]:
    taken_at = receipt.taken_at.isoformat(timespec="microseconds")
    return {**asdict(receipt), "taken_at": taken_at}


def _require_json(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Wrong(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Content-Type is not application/json: send JSON, and say so.",
            "Content-Type",
        )


async def _body(stream: AsyncIterator[bytes]) -> bytes:
    body = b""
    async for chunk in stream:
        body += chunk
        if len(body) > LONGEST_BODY:
            told = f"The body is longer than {LONGEST_BODY} bytes: send one payment."
            raise Wrong(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)
    return body


async def _told(request: Request, error: Exception) -> Response:
    match error:
        case Wrong(status, detail, field):
            return _problem(status, detail, {"field": field} if field else {})
        case Unavailable(reason, detail, code):
            request.scope["trouble"] = {"reason": reason, "database_error": code}
            number = f" (error {code})" if code else ""
            remedy = f"Try again after {RETRY_AFTER_S} s, with the same {_KEY}."
            return _problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{detail.removesuffix('.')}{number}. {remedy}",
                {"reason": reason},
                {"Retry-After": str(RETRY_AFTER_S)},
            )
        case HTTPException(status_code=HTTPStatus.NOT_FOUND):
            told = "There is no such path: see POST /payments and GET /lane."
            return _problem(HTTPStatus.NOT_FOUND, told, {})
        case HTTPException():
            told = f"{request.method} is not for this path: see the header Allow."
            return _problem(error.status_code, told, {}, error.headers)
        case _:
            told = "The service failed; its log says where."
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, told, {})


def _problem(
    status: int,
    detail: str,
    more: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer in the form of RFC 9457."""
    title = HTTPStatus(status).phrase
    return JSONResponse(
        {"status": int(status), "title": title, "detail": detail, **more},
        status,
        headers=headers,
        media_type="application/problem+json",
    )
