"""The 72 faults of files that offices send, each as a change to a clean draft, with what must come of it.

`accepted`: the figures are those of the clean file; `warned`: so they are, or the difference is warned of;
`rows`: the touched rows are errors and the others are those of the clean file; `file`: nothing is read.
"""

from __future__ import annotations

import random
from importlib import import_module

from tests.ingest.upload.fault_table import FAULTS, Fault

# Each enters its faults into the table; seeds count on their order.
for part in ("files", "layout", "cells", "meaning"):
    import_module(f"tests.ingest.upload.faults_of_{part}")

# What changes every figure or every name comes before what changes single cells; the shape of the table comes last.
_FIRST = {"thousand_or_one_point_two", "leading_zero_lost", "former_name", "transliterations", "file_of_last_quarter",
          "one_value_copied_down", "row_absent", "comma_and_point_in_one_column", "thousands_separators"}  # fmt: skip
_LAST = ("separators_behind_some_rows", "one_cell_more_or_less", "empty_columns_of_excel", "code_and_name_disagree",
         "part_larger_than_the_whole", "value_is_not_the_ratio", "city_in_the_first_row_of_a_block",
         "city_carried_down_with_consent", "two_rows_of_header", "quarters_along_the_columns",
         "indicators_along_the_columns", "cities_along_the_columns", "period_in_the_name_alone",
         "columns_in_another_order_and_more", "column_missing", "numbers_of_the_columns", "totals_among_the_cities",
         "headings_of_sections", "notes_and_signatures")  # fmt: skip
# These write another figure as plainly as the true one: alone they are noticed by what is known of the city; together
# with other faults the file says what it says.
WRONG_FIGURES = {"one_column_sorted_alone", "file_of_last_quarter", "one_value_copied_down", "fraction_for_per_cent",
                 "wrong_order_of_magnitude", "jump", "code_for_no_figure"}  # fmt: skip


def several(dice: random.Random, count: int) -> list[Fault]:
    """Different faults in an order in which each can still be put in."""
    picked = dice.sample(FAULTS, count)
    return sorted(
        picked, key=lambda each: (each.name not in _FIRST, _LAST.index(each.name) if each.name in _LAST else -1)
    )
