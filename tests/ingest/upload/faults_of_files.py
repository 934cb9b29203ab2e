"""Faults of the file itself: its letters, its kind, its lines, separators and quotes."""

from __future__ import annotations

import random

from tests.ingest.upload.clean import CITIES, HEADER, Draft, workbook_of
from tests.ingest.upload.fault_table import Inject, fault, some_row


def with_encoding(encoding: str) -> Inject:
    def inject(draft: Draft, _dice: random.Random) -> None:
        russian(draft)
        draft.encoding = encoding

    inject.__name__ = f"encoding_{encoding}"
    return inject


def russian(draft: Draft) -> None:
    """Names and words in Russian, so that letters beyond ASCII are there."""
    for row in draft.rows:
        row[0] = CITIES.get(row[0], row[0])
    if draft.header[:4] == HEADER[:4]:
        draft.header[:4] = ["Город", "Показатель", "Период", "Значение"]


fault(1, "accepted", "encoding-detected")(with_encoding("cp1251"))


fault(2, "accepted")(with_encoding("utf-8-sig"))


fault(3, "accepted", "encoding-detected")(with_encoding("utf-16"))


for _encoding in ("cp866", "koi8-r", "mac-cyrillic"):
    fault(4, "accepted", "encoding-detected")(with_encoding(_encoding))


@fault(3, "accepted", "encoding-detected")
def unicode_text_of_excel(draft: Draft, _dice: random.Random) -> None:
    russian(draft)
    draft.delimiter, draft.encoding, draft.name = "\t", "utf-16", "figures.txt"


@fault(5, "rows", "mixed-encoding")
def two_encodings_in_one_file(draft: Draft, dice: random.Random) -> None:
    russian(draft)
    number = dice.randrange(2, len(draft.rows))

    def mix(content: bytes) -> bytes:
        lines = content.split(b"\r\n")
        lines[number] = lines[number].decode("utf-8").encode("cp1251")
        return b"\r\n".join(lines)

    draft.on_bytes.append(mix)


@fault(6, "rows", "garbled-name")
def broken_letters(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[0] = dice.choice(["Казань".encode().decode("cp1252", "replace"), "Êàçàíü", "Ка\ufffdань", "??????"])


@fault(7, "accepted")
def end_mark_of_old_systems(draft: Draft, _dice: random.Random) -> None:
    draft.on_bytes.append(lambda content: content + b"\x1a")


@fault(7, "rows", "illegal-character")
def control_character(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[dice.choice([0, 1, 3, 5])] += dice.choice(["\x00", "\x07", "\u202e", "\x0c"])


@fault(8, "file", "not-a-table", "workbook-type", "name-differs", "encrypted")
def another_kind_of_file(draft: Draft, dice: random.Random) -> None:
    others = (
        b"%PDF-1.7 ",
        b"\x89PNG\r\n\x1a\n",
        b"<html><table>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x1f\x8b\x08",
    )
    head = dice.choice(others)
    draft.on_bytes.append(lambda content: head + content)


@fault(8, "accepted", "read-as-workbook")
def workbook_named_csv(draft: Draft, _dice: random.Random) -> None:
    draft.on_bytes.append(lambda _content: workbook_of(draft))


@fault(8, "file", "name-differs")
def text_named_xlsx(draft: Draft, _dice: random.Random) -> None:
    draft.name = "figures.xlsx"


@fault(9, "accepted")
def other_line_ends(draft: Draft, dice: random.Random) -> None:
    draft.newline = dice.choice(["\r", "\n"])


@fault(9, "accepted")
def mixed_line_ends_and_blank_lines(draft: Draft, dice: random.Random) -> None:
    def mix(text: str) -> str:
        lines = text.split(draft.newline)
        return "".join(line + dice.choice(["\r\n", "\n", "\n\n", "\r\n\r\n"]) for line in lines)

    if not any("\n" in cell for row in draft.rows for cell in row):
        draft.on_text.append(mix)


@fault(10, "file", "empty-file", "no-rows")
def nothing_in_it(draft: Draft, dice: random.Random) -> None:
    keep = dice.random() < 0.5
    draft.on_text.append(lambda text: text.split(draft.newline)[len(draft.above)] + "\r\n" if keep else "")


@fault(10, "file", "line-too-long", "too-large")
def one_enormous_line(draft: Draft, dice: random.Random) -> None:
    size = dice.choice([1_500_000, 11_000_000])
    draft.on_text.append(lambda text: text + "x" * size)


@fault(11, "accepted")
def other_separator(draft: Draft, dice: random.Random) -> None:
    draft.delimiter = dice.choice(["\t", "|"])


@fault(11, "rows", "too-few-cells", "too-many-cells", "decimal-comma-splits")
def separator_differs_in_a_row(draft: Draft, dice: random.Random) -> None:
    number = dice.randrange(len(draft.rows))
    marker = draft.rows[number]
    marker[5] = "§"
    sign = draft.delimiter

    def change(text: str) -> str:
        lines = text.split(draft.newline)
        return draft.newline.join(line.replace(sign, "|").replace("§", "") if "§" in line else line for line in lines)

    draft.on_text.append(change)


@fault(12, "accepted", "separator-line")
def first_line_names_the_separator(draft: Draft, _dice: random.Random) -> None:
    draft.on_text.append(lambda text: f"sep={draft.delimiter}\r\n" + text)


@fault(13, "rows", "decimal-comma-splits", "too-many-cells", "status-unknown", "not-a-number")
def comma_separates_and_is_decimal(draft: Draft, _dice: random.Random) -> None:
    def unquoted(text: str) -> str:
        return text.replace(";", ",").replace("\t", ",")

    draft.decimal = ","
    draft.on_text.append(unquoted)


@fault(14, "accepted")
def empty_columns_of_excel(draft: Draft, dice: random.Random) -> None:
    count = dice.randint(1, 4)
    draft.header += [""] * count
    for row in draft.rows:
        row += [""] * count


@fault(14, "accepted", "uneven-row")
def separators_behind_some_rows(draft: Draft, dice: random.Random) -> None:
    for row in dice.sample(draft.rows, 3):
        row += ["", ""]


@fault(15, "file", "unclosed-quote")
def open_quote(draft: Draft, dice: random.Random) -> None:
    target = dice.choice(draft.rows)
    target[5] = "§open"
    draft.on_text.append(lambda text: text.replace("§open", '"open'))


@fault(15, "accepted")
def quotes_in_a_note(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[5] = "§note"
    draft.on_text.append(lambda text: text.replace("§note", 'ООО "Ромашка", «Лютик»'.replace(draft.delimiter, " ")))
    draft.encoding = "utf-8"


@fault(15, "rows", "stray-quote")
def quote_inside_quotes(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[5] = "§note"
    draft.on_text.append(lambda text: text.replace("§note", '"a"b'))


@fault(16, "accepted")
def line_break_in_a_cell(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[5] = "first line\nsecond line"


@fault(17, "rows", "too-few-cells", "too-many-cells", "uneven-row")
def one_cell_more_or_less(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    if dice.random() < 0.5:
        row.insert(2, "x")
    else:
        del row[dice.randrange(len(row))]


@fault(18, "accepted", "rejoined-row")
def row_quoted_as_a_whole(draft: Draft, dice: random.Random) -> None:
    number = dice.randrange(len(draft.rows))

    def quote(text: str) -> str:
        lines = text.split(draft.newline)
        at = len(draft.above) + 1 + number
        if '"' not in lines[at]:
            lines[at] = f'"{lines[at]}"'
        return draft.newline.join(lines)

    draft.on_text.append(quote)
