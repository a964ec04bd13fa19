"""Anomaly-detection triggers for FPGAs: firmware that equals its emulator bit for bit.

The steps of the command line, from Python; each result shows its tables and holds its numbers:

    import l1ad

    run = l1ad.Run.begin("runs/mine", "configs/quickstart.yaml")
    run.train()                                    # events -> trained weights
    run.freeze()                                   # -> trigger.json: integers and number formats
    run.emulate()                                  # scores of every sample, exact
    print(run.rates()["tight"].threshold_raw)      # hardware units, for the run's budgets
    run.build()                                    # -> firmware/<name>
    print(run.verify().mismatches)                 # 0, or a DivergenceError that says where
    run.menu(), run.stability(), run.tail(), run.review()   # questions about the rates
    run.check(), run.accept("zero_bias_1khz"), run.report()

    algorithm = l1ad.load_trigger("runs/mine/trigger.json")   # from here on without a training framework
    algorithm.emulate("sample:a_to_4l").accepted["tight"].mean()

Names are loaded when they are first used: `import l1ad` imports no NumPy and no framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l1ad.api.algorithm import Algorithm, load_trigger
    from l1ad.api.comparing import compare
    from l1ad.api.configuration import demo_config, load_config
    from l1ad.api.diagnosis import doctor
    from l1ad.api.events import load_events, make_events, save_events, summarise_events
    from l1ad.api.importing import import_model
    from l1ad.api.run import Run
    from l1ad.api.searching import scan
    from l1ad.api.studying import study
    from l1ad.core.errors import L1adError

__all__ = [
    "Algorithm",
    "L1adError",
    "Run",
    "__version__",
    "compare",
    "demo_config",
    "doctor",
    "import_model",
    "load_config",
    "load_events",
    "load_trigger",
    "make_events",
    "save_events",
    "scan",
    "study",
    "summarise_events",
]

__version__ = "0.1.0"

_HOMES = {
    "Algorithm": "l1ad.api.algorithm",
    "L1adError": "l1ad.core.errors",
    "Run": "l1ad.api.run",
    "compare": "l1ad.api.comparing",
    "demo_config": "l1ad.api.configuration",
    "doctor": "l1ad.api.diagnosis",
    "import_model": "l1ad.api.importing",
    "load_config": "l1ad.api.configuration",
    "load_events": "l1ad.api.events",
    "load_trigger": "l1ad.api.algorithm",
    "make_events": "l1ad.api.events",
    "save_events": "l1ad.api.events",
    "scan": "l1ad.api.searching",
    "study": "l1ad.api.studying",
    "summarise_events": "l1ad.api.events",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'l1ad' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
