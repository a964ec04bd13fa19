"""Processes that work for this one through Dask: on this machine, or wherever a scheduler has workers."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from l1ad.core.errors import ToolError
from l1ad.search.study import DEATHS

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["PATIENCE_S", "Cluster", "local_cluster", "remote_cluster"]

PATIENCE_S = 120.0
"""How long work waits for a worker when there is none."""

_CONNECT_S = 10
_LOOK_AROUND_S = 0.5
_CLOSE_S = 20
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 2**28, "MALLOC_MMAP_THRESHOLD_": 2**25}
"""Bytes that glibc keeps at the end of its heap, and from which on an array has pages of its own."""

_SILENCE = logging.CRITICAL + 1


class Cluster:
    """Workers behind a Dask scheduler; made by `local_cluster` and `remote_cluster`."""

    def __init__(self, client: "Client", address: str, patience_s: float) -> None:
        self._client = client
        self._address = address
        self._patience_s = patience_s
        self._seen = time.monotonic()
        self._interrupted = False

    def workers(self) -> int:
        """Count the workers there are now, at least one: work that nobody takes yet waits.

        Raises:
            ToolError: If there has been none for too long, or the scheduler is lost.
        """
        try:
            found = len(self._client.nthreads())
        except OSError:
            raise self._lost() from None
        if found:
            self._seen = time.monotonic()
        elif time.monotonic() > self._seen + self._patience_s:
            raise ToolError(
                f"the Dask scheduler {self._address} has had no worker for {self._patience_s:g} s; "
                f"`dask worker {self._address} --nthreads 1` starts one, and another run goes on"
            )
        return max(1, found)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future":
        """Have a function of a module called by a worker."""
        return self._client.submit(function, *arguments, pure=False)

    def results(self, futures: "Sequence[Future]") -> "Iterator[tuple[Future, Any]]":
        """Wait a little, and give what is done by then.

        Yields:
            Each call that is done, with its result or with the exception that it ended with.

        Raises:
            ToolError: If the scheduler is lost.
            KeyboardInterrupt: If Ctrl-C was pressed.
        """
        from concurrent.futures import CancelledError

        from distributed import KilledWorker, wait

        done: set[Future] = set()
        try:
            with suppress(TimeoutError):
                done = wait(futures, timeout=_LOOK_AROUND_S, return_when="FIRST_COMPLETED").done
        except CancelledError:
            raise self._lost() from None
        for future in done:
            fault = future.exception()
            if isinstance(fault, KilledWorker):
                fault = ToolError("the processes that evaluated it were killed, perhaps for want of memory")
            yield future, future.result() if fault is None else fault
        if self._interrupted:
            raise KeyboardInterrupt

    def cancel(self, futures: "Sequence[Future]") -> None:
        """Ask for calls no more; one that runs elsewhere goes on to its end, and nobody hears of it."""
        with suppress(OSError, TimeoutError):
            self._client.cancel(list(futures))

    @contextmanager
    def interrupts_noted(self) -> Iterator[None]:
        """Take note of the first Ctrl-C and act on it when nothing is half done; the second acts at once.

        Dask waits in code where an exception out of the blue can be lost.
        """

        def note(*_: object) -> None:
            self._interrupted = True
            signal.signal(signal.SIGINT, before)

        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
            yield
            return
        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _lost(self) -> ToolError:
        return ToolError(f"the Dask scheduler {self._address} was lost; another run goes on")


@contextmanager
def local_cluster(workers: int) -> Iterator[Cluster]:
    """Start processes on this machine, each with one thread; they end with the context, and with this process.

    Raises:
        ToolError: If the extra `search` is not installed.
    """
    _check_dask()
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin

    class DeafToInterrupts(WorkerPlugin):  # type: ignore[misc]
        """Keeps Ctrl-C, which every process of a terminal hears, for the process that started the workers."""

        def setup(self, worker: object) -> None:
            del worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    # Dask has memory given back at every turn, which costs arrays of megabytes more than the work on them.
    environment = {f"distributed.nanny.pre-spawn-environ.{name}": size for name, size in _MEMORY.items()}
    with dask.config.set(environment):
        started = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=None,
            silence_logs=_SILENCE, scheduler_kwargs={"allowed_failures": DEATHS - 1},
        )  # fmt: skip
    try:
        with Client(started) as client:
            client.register_plugin(DeafToInterrupts())
            cluster = Cluster(client, started.scheduler_address, PATIENCE_S)
            with cluster.interrupts_noted():
                yield cluster
    finally:
        with suppress(TimeoutError):  # what is left then ends with this process
            started.close(timeout=_CLOSE_S)


@contextmanager
def remote_cluster(address: str, *, patience_s: float = PATIENCE_S) -> Iterator[Cluster]:
    """Use the workers of a Dask scheduler.

    Args:
        address: Where it listens, e.g. `tcp://10.0.0.1:8786`.
        patience_s: How long work waits for a worker when there is none.

    Raises:
        ToolError: If no scheduler answers, or the extra `search` is not installed.
    """
    _check_dask()
    from distributed.utils import silence_logging_cmgr

    with silence_logging_cmgr(_SILENCE), _connected(address) as client:  # its faults become exceptions
        cluster = Cluster(client, address, patience_s)
        with cluster.interrupts_noted():
            yield cluster


def _connected(address: str) -> "Client":
    from distributed import Client

    try:
        return Client(address, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError) as fault:
        raise ToolError(
            f"no Dask scheduler answers at {address!r} ({fault}); `dask scheduler` starts one"
        ) from None


def _check_dask() -> None:
    if find_spec("distributed") is None:
        raise ToolError("Dask is not installed; it comes with the extra 'search': pip install 'l1ad[search]'")
