"""The command that tells whether this machine can do the work."""

import typer

from l1ad.cli.options import JsonOption

__all__ = ["doctor"]


def doctor(json: JsonOption = False) -> None:
    """Look at packages, extras, programs and the machine, and try what can be tried; exit code 1 if broken."""
    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import print_json
    from l1ad.flow.doctor import diagnose
    from l1ad.report.doctor_tables import doctor_remarks, doctor_tables

    diagnosis = diagnose()
    document = diagnosis.document()
    if json:
        print_json(document)
    else:
        print_tables(doctor_tables(document), doctor_remarks(document) if diagnosis.works else ())
    if not diagnosis.works:
        for remark in doctor_remarks(document):
            typer.echo(f"l1ad: {remark}", err=True)
        raise typer.Exit(1)
