"""What is said where the training framework is not as a backend needs it."""

import pytest

from l1ad.config.model import Backend
from l1ad.core.errors import ToolError
from l1ad.training import environment
from l1ad.training.environment import framework_found, framework_versions, prepared_framework

Packages = dict[str, str]
QKERAS: Packages = {"tensorflow-cpu": "2.17.0", "keras": "3.5.0", "qkeras-v3": "1.0"}
HGQ: Packages = {"tensorflow": "2.17.0", "keras": "3.5.0", "hgq2": "0.2.0"}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let these packages be installed, and no others."""
    packages: Packages = request.param
    monkeypatch.setattr(environment, "_version", packages.get)


@pytest.mark.parametrize(
    ("installed", "backend", "words"),
    [
        ({}, "qkeras", r"keras, qkeras-v3 not installed; .* extra 'qkeras': pip install 'l1ad\[qkeras\]'$"),
        ({}, "hgq", r"tensorflow, keras, hgq2 not installed; .* extra 'hgq': pip install 'l1ad\[hgq\]'$"),
        ({}, "float", r"^tensorflow, keras not installed; .* backend float comes with the extra 'qkeras': "),
        (QKERAS, "hgq", r"^hgq2 not installed; .* pip install 'l1ad\[hgq\]', in an environment of its own$"),
        (HGQ, "qkeras", r"^qkeras-v3 not installed; .* 'l1ad\[qkeras\]', in an environment of its own$"),
    ],
    indirect=["installed"],
)  # fmt: skip
@pytest.mark.usefixtures("installed")
def test_a_missing_extra_is_named_with_the_command_that_installs_it(backend: Backend, words: str) -> None:
    assert not framework_found(backend)
    with pytest.raises(ToolError, match=words):
        prepared_framework(backend, seed=1)


@pytest.mark.parametrize("installed", [QKERAS | HGQ], indirect=True)
@pytest.mark.parametrize("backend", ["qkeras", "hgq", "float"])
@pytest.mark.usefixtures("installed")
def test_both_libraries_in_one_environment_are_refused_whatever_the_backend(backend: Backend) -> None:
    with pytest.raises(ToolError, match=r"both installed, and hgq2 hides the package 'qkeras'; give each an"):
        prepared_framework(backend, seed=1)


@pytest.mark.parametrize(
    ("installed", "found"),
    [
        (QKERAS, {"qkeras": True, "hgq": False, "float": True}),
        (HGQ, {"qkeras": False, "hgq": True, "float": True}),
    ],
    indirect=["installed"],
)  # fmt: skip
@pytest.mark.usefixtures("installed")
def test_either_distribution_of_tensorflow_serves(found: dict[Backend, bool]) -> None:
    assert {backend: framework_found(backend) for backend in found} == found


@pytest.mark.parametrize("installed", [QKERAS], indirect=True)
@pytest.mark.usefixtures("installed")
def test_only_what_is_installed_has_a_version() -> None:
    assert framework_versions() == QKERAS


@pytest.mark.parametrize("installed", [HGQ], indirect=True)
@pytest.mark.usefixtures("installed")
def test_another_keras_backend_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(
        ToolError, match="KERAS_BACKEND is 'jax'; training needs 'tensorflow': unset the variable"
    ):
        prepared_framework("hgq", seed=1)
