"""The rules of the house: floors, one door for each foreign library, and cheap imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import l1ad

PACKAGE = Path(l1ad.__file__).parent

FLOORS = {
    0: {"core"},
    1: {"config", "data"},
    2: {
        "simulate",
        "training",
        "emulate",
        "exchange",
        "hls",
        "rtl",
        "synthesis",
        "rates",
        "metrics",
        "references",
        "search",
    },
    3: {"report", "flow"},
    4: {"api", "cli"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

NEIGHBOURS_ALLOWED = {("flow", "report"): "a report is drawn from values that flow gathers"}

DOORS = {
    "keras": {"training"},
    "tensorflow": {"training"},
    "qkeras": {"training"},
    "hgq": {"training"},
    "alkaid": {"rtl"},
    "hls4ml": {"hls"},
    "pyhf": {"metrics"},
    "pythia8mc": {"simulate"},
    "fastjet": {"simulate"},
    "awkward": {"data", "simulate"},
    "uproot": {"data"},
    "fsspec": {"data"},
    "pyarrow": {"data"},
    "matplotlib": {"report"},
    "mplhep": {"report"},
    "plotly": {"report"},
    "jinja2": {"report"},
    "markdown_it": {"report"},
    "markupsafe": {"report"},
    "packaging": {"flow"},
    "typer": {"cli"},
    "rich": {"api", "cli"},
    "pydantic": {"config"},
    "h5py": {"data", "exchange"},
    "onnx": {"exchange"},
    "onnxruntime": {"exchange"},
    "qonnx": {"exchange"},
    "array_api_compat": {"emulate"},
    "optuna": {"search"},
    "distributed": {"search"},
    "dask": {"search"},
    "sklearn": {"metrics", "references"},
}

FRAMEWORKS = ("keras", "tensorflow", "qkeras", "hls4ml", "alkaid", "onnx", "torch")


def imported_by(path: Path) -> Iterator[str]:
    """List every module a file names in an import, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room they lead to"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" if module == "l1ad" else module for alias in node.names)


def rooms_and_imports() -> Iterator[tuple[Path, str, str]]:
    """List file, room and imported module of the whole package; the front step `l1ad/*.py` is no room."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if len(parts) > 1:
            for module in imported_by(path):
                yield path, parts[0], module


def room_of(module: str) -> str | None:
    """Name the room a module lives in; None for foreign modules and for `l1ad` itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "l1ad" and len(parts) > 1 and parts[1] in FLOOR_OF else None


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms <= set(FLOOR_OF)
    assert {"core", "config", "data", "flow", "cli"} <= rooms


def test_nothing_but_rooms_and_the_version_is_imported_from_the_package() -> None:
    known = {"l1ad", "l1ad.__version__"}
    strays = [
        f"{path}: {module}"
        for path, _, module in rooms_and_imports()
        if module.split(".")[0] == "l1ad" and room_of(module) is None and module not in known
    ]
    assert strays == []


def test_imports_run_strictly_downwards_or_stay_in_their_room() -> None:
    wrong = []
    for path, room, module in rooms_and_imports():
        target = room_of(module)
        if target is None or target == room or (room, target) in NEIGHBOURS_ALLOWED:
            continue
        if FLOOR_OF[target] >= FLOOR_OF[room]:
            wrong.append(f"{path}: {room} (floor {FLOOR_OF[room]}) imports {module}")
    assert wrong == []


def test_no_exception_from_the_floors_is_stale() -> None:
    used = {(room, room_of(module)) for _, room, module in rooms_and_imports()}
    assert set(NEIGHBOURS_ALLOWED) <= used


def test_every_foreign_library_has_one_door() -> None:
    wrong = [
        f"{path}: {module} is imported outside {', '.join(DOORS[module.split('.')[0]])}"
        for path, room, module in rooms_and_imports()
        if room not in DOORS.get(module.split(".")[0], {room})
    ]
    assert wrong == []


def test_the_core_imports_numpy_and_the_standard_library_only() -> None:
    allowed = {"l1ad", "numpy", *sys.stdlib_module_names}
    imported = {module.split(".")[0] for _, room, module in rooms_and_imports() if room == "core"}
    assert imported - allowed == set()
    assert "numpy" in imported


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and list the top-level modules it leaves loaded."""
    listing = "\nimport sys\nprint('LOADED', *{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code + listing], capture_output=True, text=True, check=True)
    return set(run.stdout.rsplit("LOADED", 1)[1].split())


def test_importing_the_package_loads_neither_numpy_nor_a_framework() -> None:
    loaded = loaded_after("import l1ad")
    assert "l1ad" in loaded
    assert loaded.isdisjoint({"numpy", *FRAMEWORKS})


def test_the_help_of_the_command_line_loads_neither_numpy_nor_pydantic_nor_a_framework() -> None:
    code = (
        "import sys\n"
        "from l1ad.cli.main import main\n"
        "sys.argv = ['l1ad', '--help']\n"
        "try:\n    main()\nexcept SystemExit as leaving:\n    assert leaving.code in (0, None)\n"
    )
    loaded = loaded_after(code)
    assert {"l1ad", "typer"} <= loaded
    assert loaded.isdisjoint({"numpy", "pydantic", "scipy", "h5py", "matplotlib", *FRAMEWORKS})


def modules_under(room: str) -> list[str]:
    """Name every module of a room, or the one module that is meant, e.g. `flow/build.py`."""
    paths = [PACKAGE / room] if room.endswith(".py") else sorted((PACKAGE / room).rglob("*.py"))
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


ROOMS_AFTER_FREEZING = (
    ["flow/build.py"],
    ["flow/importing.py"],
    ["hls", "emulate", "exchange", "rates", "metrics", "data"],
)


@pytest.mark.parametrize(
    "rooms",
    ROOMS_AFTER_FREEZING,
)
def test_what_starts_from_the_trigger_file_loads_no_training_framework(rooms: list[str]) -> None:
    modules = [module for room in rooms for module in modules_under(room)]
    loaded = loaded_after("\n".join(f"import {module}" for module in modules))
    assert {"l1ad", "numpy"} <= loaded
    assert loaded.isdisjoint({"keras", "tensorflow", "qkeras"})
