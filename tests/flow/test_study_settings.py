"""What a study's page says of its configuration."""

from l1ad.flow.studies.settings import told_settings


def test_sections_are_told_by_their_keys_and_what_has_a_name_by_it() -> None:
    document = {
        "seed": 1,
        "fit": {"batch": 256, "rates": {"first": 0.5}},
        "families": [{"name": "sparse", "latent": 3}],
        "fractions": [0.5, 1.0],
        "signals": {},
        "search": None,
    }
    assert told_settings(document) == {
        "seed": "1",
        "fit.batch": "256",
        "fit.rates.first": "0.5",
        "families.sparse": '{"name": "sparse", "latent": 3}',
        "fractions": "[0.5, 1.0]",
        "signals": "{}",
        "search": "null",
    }
