"""A study: the trials of one scan in an SQLite file, where any number of processes ask, tell and resume."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l1ad.config.scan import ScanConfig, with_values
from l1ad.core.errors import ConfigError, DataError
from l1ad.search.sampling import directions_of, prepared_optuna, proposed, read_parameters
from l1ad.search.sessions import Session
from l1ad.search.trials import Asked, Evaluation, Failed, Finished

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial, TrialState

__all__ = ["DEATHS", "Study", "opened_study"]

DEATHS = 3
"""Processes that a trial may take with it before it counts as failed."""

_NAME = "scan"
_MAGIC = b"SQLite format 3\0"
_WAIT_S = 60
_NOBODY = ""


@contextmanager
def opened_study(config: ScanConfig, path: Path) -> Iterator["Study"]:
    """Open the study of a scan, or begin one. What this process has asked for and not told is free at the end.

    Raises:
        DataError: If the file holds something else, or the trials of another scan. A scan is the same when all
            but its number of trials is.
        ToolError: If the extra `search` is not installed.
    """
    prepared_optuna()
    if path.exists() and not _can_be_study(path):
        raise DataError(f"{path}: is no study (no SQLite file); give another name")
    session = Session(path)
    try:
        with _opened_storage(path, session) as storage:
            yield Study(config, path, session, storage)
    finally:
        session.close()


class Study:
    """The trials of one scan; made by `opened_study`."""

    def __init__(self, config: ScanConfig, path: Path, session: Session, storage: "RDBStorage") -> None:
        import optuna

        self.config = config
        self._session = session
        self._storage = storage
        with session.alone():
            self._study = optuna.create_study(
                study_name=_NAME, storage=storage, directions=directions_of(config.objectives),
                load_if_exists=True, sampler=optuna.samplers.RandomSampler(),
            )  # fmt: skip
            self._check_scan(path)
        self._id = storage.get_study_id_from_name(_NAME)

    def ask(self) -> Asked | None:
        """Give the next trial to evaluate, or None when the scan has no more.

        Trials come first that a process was stopped at, killed or not; they keep number and parameters. Values
        that a run's configuration refuses make a failed trial, and a configuration that a finished trial had
        takes over its values: neither is given.
        """
        with self._session.alone():
            left = self._left_behind()
            while left is None and len(history := self._history()) < self.config.trials:
                left = self._begun(proposed(self.config, history))
            return left

    def tell(self, trial: Asked, evaluation: Evaluation) -> str:
        """Record what an evaluation gave; without a number for each objective the trial has failed.

        Returns:
            Why it failed, or nothing.
        """
        values = dict(evaluation.values)
        for name in self.config.objectives:
            if not math.isfinite(values.get(name, 0.0)) or name not in values:
                given = f"gave {name} = {values[name]}" if name in values else f"gave no {name}"
                reason = f"the evaluation {given}, which is an objective of the scan"
                self.tell_failure(trial, reason)
                return reason
        with self._session.alone():
            versions = {**evaluation.versions, "optuna": version("optuna")}
            result = {"values": values, "seconds": evaluation.seconds, "versions": versions}
            self._set(trial.number, result=result)
            self._study.tell(trial.number, [values[name] for name in self.config.objectives])
        return ""

    def tell_failure(self, trial: Asked, reason: str) -> None:
        """Record that a trial cannot be evaluated, and why."""
        with self._session.alone():
            self._fail(trial.number, reason)

    def release(self, trial: Asked) -> None:
        """Record that the evaluation of a trial was interrupted; the next process takes it up again."""
        with self._session.alone():
            endings = self._history()[trial.number].user_attrs.get("endings", [])
            self._set(trial.number, endings=[*endings, "interrupted"], owner=_NOBODY)

    def finished(self) -> tuple[Finished, ...]:
        """List the trials with values, by number."""
        return tuple(
            Finished(
                number=trial.number,
                parameters=read_parameters(self.config, trial.params),
                document=trial.user_attrs["config"],
                **trial.user_attrs["result"],
            )
            for trial in self._history()
            if trial.state == _states().COMPLETE
        )

    def failed(self) -> tuple[Failed, ...]:
        """List the trials that failed, by number."""
        return tuple(
            Failed(
                number=trial.number,
                parameters=read_parameters(self.config, trial.params),
                reason=trial.user_attrs["reason"],
            )
            for trial in self._history()
            if trial.state == _states().FAIL
        )

    def _history(self) -> "list[FrozenTrial]":
        trials: list[FrozenTrial] = self._study.get_trials(deepcopy=False)
        return trials

    def _left_behind(self) -> Asked | None:
        """Take up a trial whose process is gone, unless it has taken too many with it."""
        living = self._session.living()
        for trial in self._history():
            owner = trial.user_attrs.get("owner", _NOBODY)
            if trial.state != _states().RUNNING or owner in living:
                continue
            endings = [*trial.user_attrs.get("endings", []), *(["killed"] if owner else [])]
            if endings.count("killed") >= DEATHS:
                self._fail(trial.number, f"its process was killed {DEATHS} times, perhaps for want of memory")
                continue
            self._set(trial.number, endings=endings, owner=self._session.name)
            return Asked(
                number=trial.number,
                parameters=read_parameters(self.config, trial.params),
                document=trial.user_attrs["config"],
            )
        return None

    def _begun(self, trial: "FrozenTrial") -> Asked | None:
        """Add a trial to the study, running unless what becomes of it is known already."""
        states = _states()
        number = len(self._history())
        parameters = read_parameters(self.config, trial.params)
        try:
            run = with_values(self.config.base, parameters, where=f"trial {number}")
        except ConfigError as fault:
            self._add(trial, states.FAIL, {"reason": str(fault)})
            return None
        document = run.model_dump(mode="json")
        for one in self._history():
            if one.state == states.COMPLETE and one.user_attrs["config"] == document:
                result = {**one.user_attrs["result"], "seconds": 0.0}
                self._add(trial, states.COMPLETE, {"config": document, "result": result}, one.values)
                return None
        self._add(trial, states.RUNNING, {"config": document, "owner": self._session.name})
        return Asked(number=number, parameters=parameters, document=document)

    def _add(
        self,
        trial: "FrozenTrial",
        state: "TrialState",
        record: dict[str, Any],
        values: list[float] | None = None,
    ) -> None:
        """Write a trial with all that is known of it in one transaction, so that none is ever half there."""
        from optuna.trial import create_trial

        self._study.add_trial(
            create_trial(
                state=state, values=values, params=trial.params, distributions=trial.distributions,
                system_attrs=trial.system_attrs, user_attrs=record,
            )
        )  # fmt: skip

    def _fail(self, number: int, reason: str) -> None:
        self._set(number, reason=reason)
        self._study.tell(number, state=_states().FAIL)

    def _set(self, number: int, **record: Any) -> None:
        trial = self._storage.get_trial_id_from_study_id_trial_number(self._id, number)
        for key, value in record.items():
            self._storage.set_trial_user_attr(trial, key, value)

    def _check_scan(self, path: Path) -> None:
        """Refuse the trials of another scan; an empty study becomes this one's."""
        document = self.config.model_dump(mode="json", exclude={"trials"})
        digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        known = self._study.user_attrs
        if "digest" not in known:
            self._study.set_user_attr("scan", document)
            self._study.set_user_attr("digest", digest)
        elif known["digest"] != digest:
            raise DataError(
                f"{path}: holds the trials of another scan ({_difference(known['scan'], document)}); "
                "go on with that one, or give another file"
            )


def _can_be_study(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) in (b"", _MAGIC)


@contextmanager
def _opened_storage(path: Path, session: Session) -> "Iterator[RDBStorage]":
    from optuna.storages import RDBStorage

    with session.alone():  # it makes the tables that are not there
        storage = RDBStorage(
            f"sqlite:///{path.absolute()}", engine_kwargs={"connect_args": {"timeout": _WAIT_S}}
        )
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _states() -> "type[TrialState]":
    from optuna.trial import TrialState

    states: type[TrialState] = TrialState
    return states


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Say the first key in which two documents differ."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    key = next(key for key in (*old, *new) if old.get(key) != new.get(key))
    return f"{key} was {old.get(key, 'not there')}, is {new.get(key, 'not there')}"


def _leaves(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", json.dumps(value)
