"""The command that tells whether this machine can do the work."""

import typer

from l1ad.cli.options import JsonOption

__all__ = ["doctor"]

_TITLES = {
    "package": "Packages that are needed", "extra": "Extras", "conflict": "Conflicts", "tool": "Programs",
    "card": "Graphics cards", "machine": "Machine", "trial": "Trials",
}  # fmt: skip


def doctor(json: JsonOption = False) -> None:
    """Look at packages, extras, programs and the machine, and try what can be tried; exit code 1 if broken."""
    from l1ad.cli.terminal import print_json, print_table
    from l1ad.flow.doctor import diagnose

    diagnosis = diagnose()
    if json:
        print_json(diagnosis.document())
    else:
        for group, title in _TITLES.items():
            rows = [
                [one.name, one.health.value, one.found or "-", one.purpose, one.note]
                for one in diagnosis.findings
                if one.group == group
            ]
            if rows:
                print_table(title, ["", "state", "found", "good for", "what to do"], rows)
    if not diagnosis.works:
        broken = ", ".join(one.name for one in diagnosis.findings if one.needed and one.note)
        typer.echo(f"l1ad: needed and not in order: {broken}", err=True)
        raise typer.Exit(1)
    if not json:
        typer.echo("everything that is needed works; what is missing only takes away what it is good for")
