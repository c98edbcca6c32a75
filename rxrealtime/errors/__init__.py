"""Everything rxrealtime raises, in one tree.

```
RealtimeError
+-- ConfigurationError          what was asked for cannot be done (also a ValueError)
|   +-- InvalidUrlError         the url is not one a session can open
|   +-- MissingKeyError         the provider needs a key and none was given
|   +-- ScenarioError           a scenario of the embedded server is not valid
|   +-- RecordingError          a recording cannot be read
|   `-- AudioFormatError        audio is not in the session's format
+-- ScriptMismatchError         a client did not do what a script of the embedded server expected
+-- SessionStateError           a session was used before it was entered, or twice
+-- ConnectError                no connection came to be
|   +-- UnreachableError        refused, reset, no route, no such host
|   +-- TlsError                the certificate or the TLS handshake failed
|   +-- OpenTimeoutError        the opening handshake took too long
|   +-- HandshakeRejected       the server answered the upgrade with an HTTP status
|   `-- RedirectRefused         a redirect would have carried credentials elsewhere
+-- ConnectionLost              an open connection ended and it was not us
|   +-- ServerClosed            the server sent a close frame
|   |   +-- SessionExpired      the session reached its maximum duration
|   |   `-- ClosedBeforeSession closed before session.created
|   +-- KeepaliveLost           pings stayed without an answer
|   `-- FrameTooLarge           the peer sent more than max_frame_bytes
+-- DecodeError                 one frame is not an event (also a ValueError)
|   +-- JsonError
|   +-- SchemaError
|   `-- BinaryError
+-- SendError                   an event was not sent
|   +-- SessionClosedError      the session had ended
|   `-- CommitTooShortError     less than 100 ms of audio to commit
+-- RequestError                a request was not confirmed
|   +-- RequestRejectedError    the server answered with an error event
|   +-- RequestTimeoutError     the server did not answer in time
|   +-- ResponseDroppedError    the response policy did not let it begin
|   `-- ConfigMismatch          the server put other settings in force
+-- ResponseFailedError         a response ended as failed
+-- ToolError                   a tool gave no output of its own
|   +-- ToolArgumentsError      arguments that do not fit the tool's schema
|   +-- ToolTimeoutError        a tool took too long
|   +-- ToolCancelledError      a call was given up before it was done
|   `-- UnknownToolError        no such tool
`-- BufferOverflowError         a consumer is too slow for what must not be dropped
```

Messages are for people: they name the culprit and the way out, and never hold payload (a transcript, audio,
arguments) or a credential. Attributes are for programs.
"""

from __future__ import annotations

from rxrealtime.errors.base import (
    AudioFormatError,
    BufferOverflowError,
    ConfigurationError,
    InvalidUrlError,
    MissingKeyError,
    RealtimeError,
    RecordingError,
    ScenarioError,
    ScriptMismatchError,
    SessionStateError,
)
from rxrealtime.errors.connect import (
    ConnectError,
    HandshakeRejected,
    OpenTimeoutError,
    RedirectRefused,
    TlsError,
    UnreachableError,
)
from rxrealtime.errors.conversation import (
    ResponseFailedError,
    ToolArgumentsError,
    ToolCancelledError,
    ToolError,
    ToolTimeoutError,
    UnknownToolError,
)
from rxrealtime.errors.ends import (
    ClosedBeforeSession,
    ConnectionLost,
    FrameTooLarge,
    KeepaliveLost,
    ServerClosed,
    SessionExpired,
)
from rxrealtime.errors.traffic import (
    BinaryError,
    CommitTooShortError,
    ConfigMismatch,
    DecodeError,
    JsonError,
    RequestError,
    RequestRejectedError,
    RequestTimeoutError,
    ResponseDroppedError,
    SchemaError,
    SendError,
    SessionClosedError,
)

__all__ = [
    "AudioFormatError",
    "BinaryError",
    "BufferOverflowError",
    "ClosedBeforeSession",
    "CommitTooShortError",
    "ConfigMismatch",
    "ConfigurationError",
    "ConnectError",
    "ConnectionLost",
    "DecodeError",
    "FrameTooLarge",
    "HandshakeRejected",
    "InvalidUrlError",
    "JsonError",
    "KeepaliveLost",
    "MissingKeyError",
    "OpenTimeoutError",
    "RealtimeError",
    "RecordingError",
    "RedirectRefused",
    "RequestError",
    "RequestRejectedError",
    "RequestTimeoutError",
    "ResponseDroppedError",
    "ResponseFailedError",
    "ScenarioError",
    "SchemaError",
    "ScriptMismatchError",
    "SendError",
    "ServerClosed",
    "SessionClosedError",
    "SessionExpired",
    "SessionStateError",
    "TlsError",
    "ToolArgumentsError",
    "ToolCancelledError",
    "ToolError",
    "ToolTimeoutError",
    "UnknownToolError",
    "UnreachableError",
]
