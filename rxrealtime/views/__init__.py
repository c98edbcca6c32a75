"""Pictures of what happened: pure values that draw themselves, and views that follow what is happening."""

from rxrealtime.views.charts import Latencies, TokensUsed
from rxrealtime.views.live import View, show
from rxrealtime.views.marbles import Marbles
from rxrealtime.views.moments import Moment, moments
from rxrealtime.views.picture import Picture
from rxrealtime.views.summary import Summary, summarize
from rxrealtime.views.tables import event_rows, latency_rows, response_rows, to_dataframe, turn_rows
from rxrealtime.views.timeline import Timeline
from rxrealtime.views.waveform import Waveform

__all__ = [
    "Latencies",
    "Marbles",
    "Moment",
    "Picture",
    "Summary",
    "Timeline",
    "TokensUsed",
    "View",
    "Waveform",
    "event_rows",
    "latency_rows",
    "moments",
    "response_rows",
    "show",
    "summarize",
    "to_dataframe",
    "turn_rows",
]
