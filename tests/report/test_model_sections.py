"""What the sections of the model say, from values that are made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from l1ad.emulate.inspection import TensorReport
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Document, Paragraph, Section, State, Table
from l1ad.report.formats_section import FormatsContent, ObservedTensor, formats_section
from l1ad.report.latent_section import LatentContent, LatentFigures, LatentPoints, Spectra, latent_section
from l1ad.report.reconstruction_section import (
    InputReconstruction,
    ReconstructionContent,
    Spread,
    reconstruction_section,
)
from l1ad.report.training_section import ScoreCost, TrainingContent, training_section

TITLES = {"background": "zero bias", "a_to_4l": "A → 4ℓ"}
NOTHING = Spread(mean=math.nan, width=math.nan)


def an_input(name: str, events: int, true: Spread, back: Spread, difference: Spread) -> InputReconstruction:
    left = difference.width / true.width if true.width > 0 else math.nan
    return InputReconstruction(
        name=name, unit="GeV", events=events, true=true, reconstructed=back, difference=difference, left=left
    )  # fmt: skip


RECONSTRUCTION = ReconstructionContent(
    compared="the decoder's output",
    inputs=(
        an_input("jet_1_pt", 1200, Spread(mean=30.1, width=10.6), Spread(mean=30.0, width=8.42),
                 Spread(mean=-0.001, width=5.62)),
        an_input("jet_1_eta", 1200, Spread(mean=0.0, width=2.5), Spread(mean=0.0, width=0.05),
                 Spread(mean=0.0, width=2.5)),
        an_input("mu_4_pt", 0, NOTHING, NOTHING, NOTHING),
    ),
    kinds=("jet pT (GeV)", "µ pT (GeV)"),
    background_rms=(5.6, math.nan),
    relative_rms={"a_to_4l": (1.5, math.nan)},
)  # fmt: skip

LATENT = LatentContent(
    events={"background": 1000, "a_to_4l": 500},
    spectra=Spectra(edges=np.array([0.0, 1.0, 2.0]), shares={"µ0": np.array([1.0, 0.0])}),
    latents=(
        LatentFigures(
            number=0, mean=-0.00001, width=1.0, share=1.0, at_limits=0.25, input="met_pt", correlation=0.5
        ),
        LatentFigures(
            number=1, mean=0.0, width=0.0, share=0.0, at_limits=math.nan, input="", correlation=math.nan
        ),
    ),
    shown=(0, 1),
    relative={"a_to_4l": np.array([33.0, math.nan])},
    correlation=np.array([[1.0, math.nan], [math.nan, math.nan]]),
    points=LatentPoints(first=0, second=1, of={"background": np.zeros((3, 2)), "a_to_4l": np.ones((2, 2))}),
    criteria={"latent_entropy": 0.5, "m1": 2.0},
)


def a_report(tensor: str, **changed: object) -> TensorReport:
    plain = TensorReport(
        tensor=tensor, kind="dense", shape="2 x 3", weight_type="ap_fixed<6,1>", result_type="ap_fixed<8,3>",
        low=-1.5, high=2.25, headroom_bits=1, sparsity=0.5, multiplications=3, ebops=40, leaving=0,
        overflow="AP_WRAP", witness=None,
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]


def seen(outside: float = 0.0) -> ObservedTensor:
    return ObservedTensor(low=-1.0, high=2.0, outside=outside, given_bits=8, proven_bits=7, used_bits=6)


FORMATS = FormatsContent(
    reports=(
        a_report("inside"), a_report("saturates", leaving=2, overflow="AP_SAT"), a_report("wraps", leaving=1),
        a_report("could_wrap", leaving=1),
    ),
    observed=(seen(), seen(0.01), seen(1e-6), seen()),
    n_background=1000,
    n_signal=500,
)  # fmt: skip

HISTORY = tuple(
    {"epoch": float(e), "loss": 9.0 / e, "validation_loss": 8.0 / e, "sparsity": 0.1 * e} for e in (1, 2)
)
TRAINING = TrainingContent(
    history=HISTORY,
    best_epoch=2,
    notes=("one note", ""),
    costs=(ScoreCost(signal="a_to_4l", point="1 kHz", deployed=0.052, best=0.281, score="total"),),
)


def table(section: Section, name: str) -> Table:
    return next(one for one in section.blocks if isinstance(one, Table) and one.name == name)


def text(section: Section) -> str:
    return "\n".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def drawn(section: Section) -> dict[str, Chart | Heatmap]:
    return {one.name: one for one in section.blocks if isinstance(one, Chart | Heatmap)}


def test_all_four_stand_in_one_document_and_no_two_parts_share_a_name() -> None:
    sections = (
        reconstruction_section(RECONSTRUCTION, TITLES), latent_section(LATENT, TITLES),
        formats_section(FORMATS), training_section(TRAINING, TITLES),
    )  # fmt: skip
    document = Document(title="t", subtitle="", verdicts=(), sections=sections)
    assert [one.id for one in document.sections] == ["reconstruction", "latent", "formats", "training"]


def test_an_input_is_told_with_three_digits_of_its_width_and_no_negative_zero() -> None:
    rows = table(reconstruction_section(RECONSTRUCTION, TITLES), "reconstruction_inputs").rows
    assert rows[0] == ("jet_1_pt", "GeV", "1,200", "30.1 ± 10.6", "30.00 ± 8.42", "0.00 ± 5.62", "53%")


def test_what_was_never_present_and_what_is_lost_are_said() -> None:
    section = reconstruction_section(RECONSTRUCTION, TITLES)
    assert table(section, "reconstruction_inputs").rows[2][2:4] == ("0", "never present")
    assert "Never present in these events, so nothing can be said of them: mu_4_pt." in text(section)
    assert "lost are 1 of 3 inputs" in text(section)
    assert "(jet_1_eta)" in text(section)


def test_the_error_of_each_signal_is_a_row_of_its_title_and_what_is_not_known_an_empty_cell() -> None:
    map_of_signals = drawn(reconstruction_section(RECONSTRUCTION, TITLES))["reconstruction_signals"]
    assert isinstance(map_of_signals, Heatmap)
    assert map_of_signals.rows == ("A → 4ℓ",)
    np.testing.assert_array_equal(map_of_signals.values, [[1.5, np.nan]])
    assert "jet pT (GeV) 5.6." in map_of_signals.caption


def test_a_reconstruction_that_is_missing_is_one_sentence() -> None:
    section = reconstruction_section(ReconstructionContent(missing="Run `l1ad evaluate` again."), TITLES)
    assert section.blocks == (Paragraph("Run `l1ad evaluate` again."),)


def test_a_latent_without_a_bit_is_said_to_be_always_zero() -> None:
    rows = table(latent_section(LATENT, TITLES), "latent_table").rows
    assert rows[0] == ("µ0", "0.000", "1.000", "100.0%", "25.00%", "met_pt", "+0.50")
    assert rows[1][4:] == ("always 0: it has no bit", "never moves", "–")


def test_criteria_are_named_in_words_or_where_they_come_from() -> None:
    names = [row[0] for row in table(latent_section(LATENT, TITLES), "latent_criteria").rows]
    assert names == ["evenness of the latents", "m1"]
    assert "`l1ad evaluate` does" in text(latent_section(replace(LATENT, criteria={}), TITLES))


def test_the_colours_of_a_map_stop_at_ten_and_the_background_has_the_first_colour() -> None:
    pictures = drawn(latent_section(LATENT, TITLES))
    share, points = pictures["latent_share"], pictures["latents"]
    assert isinstance(share, Heatmap)
    assert share.high == 10.0
    assert isinstance(points, Chart)
    assert [(one.name, one.colour) for one in points.series] == [("zero bias", 0), ("A → 4ℓ", 1)]


def test_one_latent_has_no_picture_of_two() -> None:
    pictures = drawn(latent_section(replace(LATENT, points=None), TITLES))
    assert set(pictures) == {"latent_share", "latent_spectrum"}


def test_a_score_that_is_the_output_has_no_latent_space_but_a_distribution() -> None:
    shares = {"background": np.array([0.5, 0.5]), "a_to_4l": np.array([0.0, 1.0])}
    content = LatentContent(
        events=LATENT.events, spectra=Spectra(edges=np.array([0.0, 1.0, 2.0]), shares=shares)
    )
    section = latent_section(content, TITLES)
    assert "no latent space" in text(section)
    spectrum = drawn(section)["latent_spectrum"]
    assert isinstance(spectrum, Chart)
    assert [one.name for one in spectrum.series] == ["zero bias", "A → 4ℓ"]
    assert np.isnan(spectrum.series[1].y[0])  # no event, no logarithm


def test_only_what_wrapped_on_events_is_bad_and_what_cannot_leave_is_good() -> None:
    ranges = table(formats_section(FORMATS), "ranges")
    assert ranges.states == (State.GOOD, State.OPEN, State.BAD, State.OPEN)
    assert [row[4] for row in ranges.rows] == ["proven: none", "2 (AP_SAT)", "1 (AP_WRAP)", "1 (AP_WRAP)"]
    assert [row[7] for row in ranges.rows] == ["0", "1.00%", "1.0e-06", "0"]


def test_products_and_ebops_are_added_up() -> None:
    assert table(formats_section(FORMATS), "tensors").rows[-1][-2:] == ("12", "160")


def test_a_training_shows_its_loss_its_sparsity_and_what_the_score_costs() -> None:
    section = training_section(TRAINING, TITLES)
    assert set(drawn(section)) == {"loss", "sparsity"}
    loss = drawn(section)["loss"]
    assert isinstance(loss, Chart)
    np.testing.assert_array_equal(loss.series[1].y, [8.0, 4.0])
    assert loss.markers[0].at == 2.0
    assert section.blocks[0] == Paragraph("- one note")
    assert table(section, "score_costs").rows == (
        ("A → 4ℓ", "1 kHz", "5.20%", "28.10%", "reconstruction + β·KL"),
    )


def test_bits_are_shown_where_a_training_counted_them() -> None:
    with_bits = tuple({**record, "ebops": 100.0 * record["epoch"]} for record in HISTORY)
    pictures = drawn(training_section(replace(TRAINING, history=with_bits), TITLES))
    assert set(pictures) == {"loss", "ebops"}


@pytest.mark.parametrize(
    ("notes", "told"), [((), "Nothing was rounded"), (("x was rounded",), "- x was rounded")]
)
def test_an_import_tells_its_origin_and_notes(notes: tuple[str, ...], told: str) -> None:
    section = training_section(TrainingContent(origin="net.keras (Keras model)", notes=notes), TITLES)
    assert section.title == "Import"
    assert "imported from net.keras (Keras model)." in text(section)
    assert told in text(section)
