"""Processes that work for this one through Dask: on this machine, or wherever a scheduler has workers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from l1ad.core.errors import ToolError
from l1ad.search.study import DEATHS

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Cluster", "local_cluster", "remote_cluster"]

_CONNECT_S = 10
_FIRST_WORKER_S = 60
_LOOK_AROUND_S = 0.5


class Cluster:
    """Workers behind a Dask scheduler; made by `local_cluster` and `remote_cluster`."""

    def __init__(self, client: "Client", address: str) -> None:
        self._client = client
        self._address = address

    def workers(self) -> int:
        """Count the workers there are now, at least one: work that nobody takes yet waits."""
        return max(1, len(self._client.nthreads()))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future":
        """Have a function of a module called by a worker."""
        return self._client.submit(function, *arguments, pure=False)

    def results(self, futures: "Sequence[Future]") -> "Iterator[tuple[Future, Any]]":
        """Wait until something is done or it is time to look for new workers, and give what is done.

        Yields:
            Each call that is done, with its result or with the exception that it ended with.

        Raises:
            ToolError: If the scheduler is lost.
        """
        from concurrent.futures import CancelledError

        from distributed import KilledWorker, wait

        try:
            done = wait(futures, timeout=_LOOK_AROUND_S, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            return
        except CancelledError:
            raise ToolError(f"the Dask scheduler {self._address} was lost; run again to go on") from None
        for future in done:
            fault = future.exception()
            if isinstance(fault, KilledWorker):
                fault = ToolError("the processes that evaluated it were killed, perhaps for want of memory")
            yield future, future.result() if fault is None else fault

    def cancel(self, futures: "Sequence[Future]") -> None:
        """Ask for calls no more; one that runs elsewhere goes on to its end, and nobody hears of it."""
        self._client.cancel(list(futures))


@contextmanager
def local_cluster(workers: int) -> Iterator[Cluster]:
    """Start processes on this machine, each with one thread; they end with the context, and with this process.

    Raises:
        ToolError: If the extra `search` is not installed.
    """
    _check_dask()
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None,
            scheduler_kwargs={"allowed_failures": DEATHS - 1},
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield Cluster(client, cluster.scheduler_address)


@contextmanager
def remote_cluster(address: str) -> Iterator[Cluster]:
    """Use the workers of a Dask scheduler.

    Raises:
        ToolError: If no scheduler answers or no worker comes, or the extra `search` is not installed.
    """
    _check_dask()
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError) as fault:
        raise ToolError(
            f"no Dask scheduler answers at {address!r} ({fault}); `dask scheduler` starts one"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
        except TimeoutError:
            raise ToolError(
                f"the Dask scheduler {address} has had no worker for {_FIRST_WORKER_S} s; "
                f"`dask worker {address} --nthreads 1` starts one"
            ) from None
        yield Cluster(client, address)


def _check_dask() -> None:
    if find_spec("distributed") is None:
        raise ToolError("Dask is not installed; it comes with the extra 'search': pip install 'l1ad[search]'")
