"""What `import l1ad` offers, and what it costs."""

import subprocess
import sys

import pytest

import l1ad


def loaded_after(code: str) -> set[str]:
    listing = "\nimport sys\nprint('LOADED', *{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code + listing], capture_output=True, text=True, check=True)
    return set(run.stdout.rsplit("LOADED", 1)[1].split())


def test_every_name_that_is_offered_is_there_and_says_what_it_does() -> None:
    for name in l1ad.__all__:
        assert getattr(l1ad, name).__doc__, name
    assert set(l1ad.__all__) <= set(dir(l1ad))


def test_names_are_loaded_when_they_are_asked_for() -> None:
    code = "import l1ad, sys\nassert not [name for name in sys.modules if name.startswith('l1ad.')]"
    assert "numpy" not in loaded_after(code)
    assert "numpy" in loaded_after(f"{code}\nl1ad.load_trigger")


def test_looking_at_the_names_loads_nothing() -> None:
    assert "numpy" not in loaded_after("import l1ad\ndir(l1ad), l1ad.__all__")


def test_an_algorithm_needs_no_training_framework_and_no_pictures() -> None:
    loaded = loaded_after("import l1ad\nl1ad.load_trigger, l1ad.Run, l1ad.load_events, l1ad.import_model")
    assert loaded.isdisjoint({"keras", "tensorflow", "qkeras", "hls4ml", "alkaid", "matplotlib", "typer"})


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'l1ad' has no attribute 'trian'"):
        l1ad.trian  # noqa: B018


def test_rooms_keep_their_names() -> None:
    import l1ad.emulate.engine
    import l1ad.rates.stream

    assert l1ad.emulate.__name__ == "l1ad.emulate"
    assert l1ad.rates.__name__ == "l1ad.rates"
