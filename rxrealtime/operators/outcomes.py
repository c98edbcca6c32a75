"""How responses ended, where that is a failure."""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable

from rxrealtime.errors import ResponseFailedError
from rxrealtime.events import Response, ResponseDone, ResponseFailed, StatusDetails
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.redaction import redacted

__all__ = ["response_failures"]

_UNSAID = "the server does not say why"


def response_failures() -> Callable[[Observable[object]], Observable[ResponseFailed]]:
    """Give a failure for each response that ended as failed.

    One that was cancelled or is incomplete is no failure: its ``response.done`` says why it ended.

    Marbles:
        in:   --a--b--c--|
        ops.response_failures()
        out:  -----x-----|
        error = StatusError(type="server_error", code="overloaded", message="Try again.")
        a = ResponseDone(response=Response(id="r1", status="cancelled"))
        b = ResponseDone(response=Response(id="r2", status="failed", status_details=StatusDetails(error=error)))
        c = ResponseDone(response=Response(id="r3", status="completed"))
        e = ResponseFailedError("the response failed [overloaded]: Try again.", code="overloaded", response_id="r2")
        x = ResponseFailed(e, event_type="response.done")

    Returns:
        The operator.

    State: none.
    Time: none.
    Errors: failures of other kinds are ignored; the source's error passes by.
    Protocol: ``response.done`` with ``status`` and ``status_details`` (openai-openapi f85dbe2). The details may be a
        plain string (xAI, recorded 2026-08), and lack the error. What the server says is shown, credentials in it
        are not.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import Response, ResponseDone
        >>> failed = ResponseDone(response=Response(id="resp_1", status="failed"))
        >>> reactivex.of(failed).pipe(response_failures()).run().exception
        ResponseFailedError('the response failed: the server does not say why')
    """
    return mealy(by_class(_STEPS), None)


def _done(state: None, event: ResponseDone) -> tuple[None, tuple[ResponseFailed, ...]]:
    if event.response.status != "failed":
        return state, ()
    return state, (ResponseFailed(_error(event.response), event_type=event.type),)


def _error(response: Response) -> ResponseFailedError:
    code, message = _said(response.status_details)
    what = f"the response failed [{code}]" if code else "the response failed"
    return ResponseFailedError(f"{what}: {redacted(message or _UNSAID)}", code=code, response_id=response.id)


def _said(details: StatusDetails | str | None) -> tuple[str | None, str | None]:
    """Give the code and the message of what the server says about a status."""
    match details:
        case str():
            return None, details
        case StatusDetails(error=error) if error is not None:
            return error.code, error.message or error.type
        case _:
            return None, None


_STEPS: Steps[None, ResponseFailed] = {ResponseDone: _done}
