"""Every fault alone and several at once: the figures are those of the clean file, or a finding says why not."""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

from ingest.upload import Checked, check, read_upload
from tests.ingest.upload.clean import Draft, clean_draft, workbook_of
from tests.ingest.upload.faults import FAULTS, WRONG_FIGURES, Fault, several
from tests.ingest.upload.verdict import silent

SEEDS = int(os.environ.get("CITYMARK_FUZZ_SEEDS", "2"))
MIXED = int(os.environ.get("CITYMARK_FUZZ_MIXED", "60"))


def checked_of(draft: Draft) -> Checked:
    return check(read_upload(draft.written(), draft.name, draft.choices, known=draft.known), draft.known)


def test_every_fault_of_the_table_is_put_into_files() -> None:
    assert {fault.number for fault in FAULTS} == set(range(1, 73))


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_file_gives_its_figures_and_no_question(seed: int) -> None:
    draft = clean_draft(random.Random(seed))
    checked = checked_of(draft)
    assert {row.key: row.value for row in checked.rows} == draft.truth
    assert set(checked.findings.counts) == {("decimal-comma", "notice")}


def test_a_clean_workbook_gives_its_figures_without_a_word() -> None:
    draft = clean_draft(random.Random(5))
    checked = check(read_upload(workbook_of(draft), "figures.xlsx", known=draft.known), draft.known)
    assert {row.key: row.value for row in checked.rows} == draft.truth
    assert not checked.findings.counts


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.number:02d}-{fault.name}")
def test_a_fault_alone_comes_out_as_the_table_says(fault: Fault, seed: int) -> None:
    dice = random.Random(f"{fault.name}{seed}")
    draft = clean_draft(dice)
    fault.inject(draft, dice)
    checked = checked_of(draft)
    found = {row.key: row.value for row in checked.rows}
    checks = {check_code for check_code, _ in checked.findings.counts}
    assert not fault.checks or checks & set(fault.checks)
    if fault.outcome == "accepted":
        assert found == draft.truth
        assert not checked.findings.total("error")
    elif fault.outcome == "file":
        assert checked.verdict == "refused"
    elif fault.outcome == "rows":
        assert checked.verdict == "errors"
        assert all(draft.truth[key] == value for key, value in found.items())
    assert silent(draft, checked) == []


@pytest.mark.parametrize("seed", range(MIXED))
def test_several_faults_at_once_change_no_figure_silently(seed: int) -> None:
    dice = random.Random(seed)
    draft = clean_draft(dice)
    for fault in several(dice, dice.randint(2, 4)):
        # A fault may need what another has taken away: then it is not put in.
        with suppress(IndexError, KeyError, ValueError, ArithmeticError, StopIteration):
            fault.inject(draft, dice)
        if fault.name in WRONG_FIGURES:
            draft.believe()
    try:
        draft.written()
    except (UnicodeError, IndexError):
        return  # These faults cannot stand in one file: an encoding without the letters, a line that is gone.
    assert silent(draft, checked_of(draft)) == []
