"""Responses that failed, as failures of the stream."""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable

from rxrealtime.errors import ResponseFailedError
from rxrealtime.events import ResponseDone, ResponseFailed, StatusDetails
from rxrealtime.operators._mealy import mealy
from rxrealtime.redaction import redacted

__all__ = ["response_failures"]


def response_failures() -> Callable[[Observable[object]], Observable[ResponseFailed]]:
    """Give a failure for each response that failed; cancelled and incomplete ones did not fail.

    Marbles:
        in:   --a--b--c--|
        ops.response_failures()
        out:  -----x-----|
        broken = StatusDetails(type="failed", error=StatusError(code="server_error", message="It broke."))
        a = ResponseDone(response=Response(id="r1", status="completed"))
        b = ResponseDone(response=Response(id="r2", status="failed", status_details=broken))
        c = ResponseDone(response=Response(id="r3", status="cancelled"))
        why = ResponseFailedError("It broke.", code="server_error", response_id="r2")
        x = ResponseFailed(why, 0.0, None, "response.done")

    Returns:
        The operator, over the events of a session.

    State: none.
    Time: none.
    Errors: the source's error passes by.
    Protocol: ``response.done`` (openai-openapi f85dbe2); xAI writes ``status_details`` as a string (recorded, 2026-08).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import Response, ResponseDone
        >>> failed = ResponseDone(response=Response(id="resp_1", status="failed"))
        >>> reactivex.of(failed).pipe(response_failures()).run().kind
        <FailureKind.RESPONSE: 'response'>
    """
    return mealy(_step, None)


def _step(state: None, event: object) -> tuple[None, tuple[ResponseFailed, ...]]:
    if not (isinstance(event, ResponseDone) and event.response.status == "failed"):
        return state, ()
    details = event.response.status_details
    error = details.error if isinstance(details, StatusDetails) else None
    said = redacted((error.message if error else None) or "the server does not say why")
    code = error.code if error else None
    failure = ResponseFailedError(said, code=code, response_id=event.response.id)
    return state, (ResponseFailed(failure, 0.0, None, event.type),)
