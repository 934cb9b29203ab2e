"""What is said of cells and figures: check, severity and tier, English, Russian."""

CELLS = """
city-missing error format
The city is missing: write its code or name.
Не указан город: напишите код или название.

city-blank error format
The city stands only in the first row of its block: fill it in every row, or agree that it is carried down.
Город указан только в первой строке блока: заполните его в каждой строке или разрешите заполнить вниз.

filled-down notice format
The city was carried down from the row above, as you agreed.
Город перенесён из строки выше, как вы разрешили.

city-spelled notice format
"{text}" was read as {name} ({code}).
«{text}» прочитано как {name} ({code}).

city-unknown error validity
No city is called "{text}"{hint}.
Города «{text}» нет в реестре{hint}.

city-homonym error validity
Several cities are called "{text}" ({readings}): write the region or the code.
Городов с названием «{text}» несколько ({readings}): укажите регион или код.

city-code-name-differ error validity
The code {text} is {name} and the name says {other}: which is right?
Код {text} означает {name}, а название другое: {other}. Что верно?

city-not-yours error validity
You have no right to report for the city in this row.
У вас нет права подавать данные по городу в этой строке.

city-disagrees error validity
The row is of {found} and the submission of {expected}: remove the row or choose the other city.
Строка относится к городу {found}, а подача к городу {expected}: удалите строку или выберите другой город.

oktmo-padded warning format
The code {text} has lost its leading zero: read as {proposed}.
Код {text} потерял ведущий ноль: прочитан как {proposed}.

code-scientific error format
Excel has rounded the code to {text}: format the column as text and type the code anew.
Excel округлил код до {text}: задайте столбцу текстовый формат и наберите код заново.

garbled-name error format
The letters of "{text}" were broken by a wrong encoding{hint}.
Буквы в «{text}» испорчены неверной кодировкой{hint}.

indicator-missing error format
The indicator is missing: write its code.
Не указан показатель: напишите его код.

indicator-named notice format
"{text}" was read as {code}.
«{text}» прочитано как {code}.

indicator-unknown error validity
No indicator is called "{text}"{hint}.
Показателя «{text}» нет в каталоге{hint}.

indicator-retired error validity
The indicator {text} is no longer collected{hint}.
Показатель {text} больше не собирается{hint}.

indicator-code-name-differ error validity
The code {text} is "{name}" and the name says "{other}": which is right?
Код {text} означает «{name}», а название другое: «{other}». Что верно?

period-missing error format
The period is missing: write it as 2024-Q3.
Не указан период: напишите его в виде 2024-Q3.

period-spelled notice format
"{text}" was read as {code}.
«{text}» прочитано как {code}.

period-unreadable error format
"{text}" is not a period: write it as 2024-Q3.
«{text}» не период: напишите его в виде 2024-Q3.

period-ambiguous error format
"{text}" may be {readings}: write it as one of them.
«{text}» может означать {readings}: напишите один из вариантов.

period-of-date notice format
The date {text} was read as the end of {code}.
Дата {text} прочитана как конец периода {code}.

period-serial warning format
Excel has turned the period into the number {text}: read as the day {day}, the end of {code}.
Excel превратил период в число {text}: прочитано как день {day}, конец периода {code}.

period-cumulative error validity
"{text}" runs from 1 January and {indicator} is reported for the quarter alone: give the value of the quarter.
«{text}» считается нарастающим итогом, а показатель {indicator} подаётся за один квартал: укажите значение за квартал.

wrong-frequency error validity
{indicator} is reported {wanted} and {period} is {found}.
Показатель {indicator} подаётся {wanted}, а период {period}: {found}.

future-period error validity
{period} has not ended yet: its figures cannot be known.
Период {period} ещё не закончился: его данные не могут быть известны.

before-joined error validity
The city reports since {joined}: {period} lies before.
Город подаёт данные с {joined}: период {period} был раньше.

closed-period confirm validity
{period} is closed: a change to it needs a reason.
Период {period} закрыт: для изменения нужна причина.

left-blank notice format
The cell is blank and nothing is reported for it; write н/д or a status to say that the figure is missing.
Ячейка пуста, данных по ней не подано; напишите н/д или статус, если значения нет.

missing-mark notice format
"{text}" was read as "no figure" with the status {status}.
«{text}» прочитано как «значения нет», статус {status}.

status-unknown error format
The status "{text}" is unknown: leave it empty or write one of {allowed}.
Статус «{text}» неизвестен: оставьте пустым или напишите один из {allowed}.

withdrawal notice format
The published figure is withdrawn.
Опубликованное значение отзывается.

withdrawal-with-value error format
To withdraw a figure leave its value empty: here stands "{text}".
Чтобы отозвать значение, оставьте ячейку значения пустой: в ней «{text}».

withdrawal-without-reason error format
A withdrawal needs its reason in the column note.
Отзыв значения требует причины в колонке «примечание».

status-contradicts error format
{why}.
Статус и значение противоречат друг другу: статус {status}, в ячейке «{text}».

not-a-number error format
"{text}" is not a number.
«{text}» не число.

number-ambiguous error format
"{text}" may be {readings}, and the file does not say which: write it without a thousands separator.
«{text}» может означать {readings}, и по файлу не понять, что именно: напишите число без разделителя тысяч.

decimal-comma notice format
Numbers with a decimal comma were read as such.
Числа с десятичной запятой прочитаны.

mixed-decimals warning format
The file writes decimals both with a comma ({comma}) and with a point ({point}).
В файле дробная часть отделена и запятой ({comma}), и точкой ({point}).

grouped-thousands notice format
Thousands separators were left out.
Разделители тысяч опущены.

number-sign notice format
The sign of "{text}" was read as {proposed}.
Знак в «{text}» прочитан: {proposed}.

percent-sign notice format
The percent sign was left out.
Знак процента опущен.

percent-format warning format
Excel shows {text} as {proposed} %: {proposed} was taken.
Excel показывает {text} как {proposed} %: принято {proposed}.

percent-unwanted error format
"{text}" is a percentage and {indicator} is measured in {unit}.
«{text}» в процентах, а показатель {indicator} измеряется иначе: {unit}.

unit-left-out notice format
The unit behind the number was left out: {unit}.
Единица измерения после числа опущена: {unit}.

unit-differs error format
"{text}" names the unit {unit} and {indicator} is measured in {wanted}.
В «{text}» указана единица {unit}, а показатель {indicator} измеряется в другой: {wanted}.

scientific warning format
"{text}" is a rounded number in scientific form: {proposed} was taken, check that no digits are lost.
«{text}» является округлённым числом: принято {proposed}, проверьте, что цифры не потеряны.

long-fraction notice format
The number has more digits than are shown; it is kept exactly.
В числе больше знаков, чем показывается; оно сохранено точно.

footnote warning format
The mark of a footnote was left out of "{text}": {proposed} was taken, the mark goes into the note.
Знак сноски в «{text}» опущен: принято {proposed}, знак перенесён в примечание.

glued-footnote error format
"{text}" may be {readings}: does the last digit name a footnote?
«{text}» может означать {readings}: последняя цифра обозначает сноску?

number-became-date error format
Excel has turned the number into a date ({text}){hint}: format the column as text and type it anew.
Excel превратил число в дату ({text}){hint}: задайте столбцу текстовый формат и наберите заново.

excel-error error format
The cell shows the error {text}: correct the formula.
В ячейке ошибка {text}: исправьте формулу.

formula-text error format
"{text}" is a formula or a command, not a number: paste the value.
«{text}» является формулой или командой, а не числом: вставьте значение.

formula-value warning format
The value {text} was computed by a formula of the workbook; it was taken as it was last saved.
Значение {text} вычислено формулой книги; взято последнее сохранённое.

formula-without-value error format
The cell holds a formula whose result is not in the file: open and save the workbook in Excel, or paste the value.
В ячейке формула без сохранённого результата: откройте и сохраните книгу в Excel или вставьте значение.

letter-in-number error format
"{text}" holds a letter in place of a digit: is {proposed} meant?
В «{text}» вместо цифры стоит буква: имеется в виду {proposed}?

approximate error format
"{text}" is a range or an estimate, not one number: give one number, with status E if it is estimated.
«{text}» является диапазоном или оценкой: укажите одно число, при оценке со статусом E.

not-finite error format
"{text}" is not a finite number written with the digits 0 to 9.
«{text}» не является обычным числом, записанным цифрами от 0 до 9.

yes-no notice format
"{text}" was read as {proposed}.
«{text}» прочитано как {proposed}.

duplicate-equal notice validity
The same figure stands in {cells} too; it is taken once.
То же значение стоит ещё в {cells}; учтено один раз.

duplicate-conflict error validity
{city}, {indicator}, {period} has different values ({cells}): keep the right one.
{city}, {indicator}, {period}: значения разные ({cells}): оставьте верное.

out-of-range error validity
{indicator} lies between {low} and {high} {unit}, and here stands {text}.
Показатель {indicator} бывает от {low} до {high} ({unit}), а здесь {text}.

part-exceeds-whole error validity
The part {numerator} is larger than the whole {denominator}.
Часть {numerator} больше целого {denominator}.

ratio-differs warning validity
The parts give {proposed} and the value says {text}.
По числителю и знаменателю выходит {proposed}, а указано {text}.

unit-slip confirm plausibility
{text} is about {times} the usual {usual}: is {proposed} meant? Correct it, or say why it is right.
{text} отличается от обычного {usual} примерно в {times} раз: имеется в виду {proposed}? Исправьте или поясните.

jump confirm plausibility
{text} after {before} in {previous}{year}: correct it, or say why it is right.
{text} после {before} за {previous}{year}: исправьте или поясните.

sudden-zero confirm plausibility
Zero after {before} in {previous}: is the figure missing? Write н/д, or say why it is zero.
Ноль после {before} за {previous}: данных нет? Напишите н/д или поясните, почему ноль.

code-for-missing confirm plausibility
{text} often stands for "no figure": write н/д, or say that it is the value.
{text} часто означает «нет данных»: напишите н/д или подтвердите значение.

same-as-before confirm plausibility
Identical to {previous} in {same} of {count} figures: is this last quarter's file?
Совпадает с {previous} в {same} из {count} значений: не файл ли это прошлого квартала?

all-equal confirm plausibility
All {count} figures are {text}: was a value copied down?
Все значения ({count}) равны {text}: не скопировано ли одно значение вниз?

rows-misaligned confirm plausibility
Only {same} of {count} values are near those of {previous}: was one column sorted alone, or are rows shifted?
Лишь {same} из {count} значений близки к данным за {previous}: не отсортирован ли один столбец, не сдвинуты ли строки?

peer-outlier confirm cross-city
{text} is far from the comparable cities (middle {middle}, {count} cities): correct it, or say why it is right.
{text} далеко от сопоставимых городов (середина {middle}, городов: {count}): исправьте или поясните.

copied-city confirm cross-city
{city} and {other} have the same values in {same} of {count} figures: was one copied from the other?
У городов {city} и {other} совпадают {same} из {count} значений: не скопированы ли данные?

confirmed notice plausibility
Confirmed before: {reason}
Подтверждено ранее: {reason}

missing-indicators notice plausibility
{count} of {expected} indicators are not in the file: {names}.
Показателей нет в файле: {count} из {expected} ({names}).
"""
