"""What stands between a source and a subscriber and hands on later: how it is subscribed, and disposed of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

__all__ = ["Relay", "relayed"]

_In = TypeVar("_In")
_In_contra = TypeVar("_In_contra", contravariant=True)
_Out = TypeVar("_Out")


class Relay(Protocol[_In_contra]):
    """One subscription.

    Attributes:
        source: The subscription to the source.
    """

    source: SingleAssignmentDisposable

    def on_next(self, value: _In_contra) -> None:
        """Take the next value."""

    def on_error(self, error: Exception) -> None:
        """Take the source's error."""

    def on_completed(self) -> None:
        """Take the source's end."""

    def stop(self) -> None:
        """Give up what is under way: nobody listens any more."""


def relayed(
    relay: Callable[[abc.ObserverBase[_Out], abc.SchedulerBase | None], Relay[_In]],
) -> Callable[[Observable[_In]], Observable[_Out]]:
    """Make an operator of a relay.

    Args:
        relay: Makes the one of a subscription, for an observer and the scheduler that was subscribed with.

    Returns:
        The operator.
    """

    def operator(source: Observable[_In]) -> Observable[_Out]:
        def subscribe(observer: abc.ObserverBase[_Out], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            mine = relay(observer, scheduler)
            mine.source.disposable = source.subscribe(
                mine.on_next, mine.on_error, mine.on_completed, scheduler=scheduler
            )
            return CompositeDisposable(mine.source, Disposable(mine.stop))

        return Observable(subscribe)

    return operator
