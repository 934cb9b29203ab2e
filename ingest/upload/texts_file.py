"""What is said of a file, its sheets, lines and columns: check, severity and tier, English, Russian."""

FILE = """
empty-file refusal file
The file is empty: save it again with the figures in it.
Файл пуст: сохраните его ещё раз вместе с данными.

too-large refusal file
The file has {size} bytes and at most {limit} are taken: split it by city or quarter.
Размер файла {size} байт, принимается не более {limit}: разделите его по городам или кварталам.

not-a-table refusal file
This is {kind}, not a table: send the figures as .xlsx or .csv.
Это {kind}, а не таблица: пришлите данные в формате .xlsx или .csv.

workbook-type refusal file
This is {kind}: open it in Excel, choose File, Save as, "Excel workbook (*.xlsx)" and send that file.
Это {kind}: откройте его в Excel, выберите «Файл», «Сохранить как», «Книга Excel (*.xlsx)» и пришлите этот файл.

encrypted refusal file
The workbook is protected by a password: remove it in File, Info, Protect workbook, and send the file again.
Книга защищена паролем: снимите его («Файл», «Сведения», «Защита книги») и пришлите файл ещё раз.

name-differs refusal file
The file is named {suffix} and holds {kind}: give it its true extension, or save it anew from Excel.
Файл назван {suffix}, а внутри {kind}: дайте ему правильное расширение или сохраните заново из Excel.

read-as-workbook notice file
The file is named {suffix} and is an Excel workbook: it was read as a workbook.
Файл назван {suffix}, но это книга Excel: он прочитан как книга.

broken-workbook refusal file
The workbook cannot be opened ({why}): open it in Excel, save it anew as .xlsx and send that file.
Книга не открывается ({why}): откройте её в Excel, сохраните заново как .xlsx и пришлите этот файл.

unsafe-workbook refusal file
The workbook is not opened because {why}: copy the table into a new workbook and send that.
Книга не будет открыта: {why}. Скопируйте таблицу в новую книгу и пришлите её.

workbook-too-heavy refusal file
Reading the workbook took more {resource} than allowed: copy the table alone into a new workbook and send that.
Чтение книги заняло больше, чем разрешено ({resource}): скопируйте одну таблицу в новую книгу и пришлите её.

too-many-rows refusal file
The table has more than {limit} rows: split the file.
В таблице больше {limit} строк: разделите файл.

too-many-columns refusal file
The table has more than {limit} columns: remove the columns that hold no figures.
В таблице больше {limit} столбцов: удалите столбцы без данных.

line-too-long refusal file
Line {number} has {size} characters, at most {limit} are read: this is no table of figures.
В строке {number} знаков: {size}, читается не более {limit}: это не таблица данных.

encoding-unclear refusal file
The letters may be written as {readings}: choose the one in which the words can be read.
Буквы могут быть записаны как {readings}: выберите кодировку, в которой слова читаются.

encoding-wrong refusal file
Line {number} cannot be read as {encoding}: choose another encoding.
Строка {number} не читается в кодировке {encoding}: выберите другую.

encoding-detected notice file
The letters were read as {encoding}.
Буквы прочитаны в кодировке {encoding}.

mixed-encoding error format
This line is written in another encoding than the rest ({encoding}): type it anew in the program that saved the file.
Эта строка записана не в той кодировке, что остальной файл ({encoding}): наберите её заново.

illegal-character error format
An invisible control character ({code}) stands here: type the cell anew.
Здесь стоит невидимый управляющий символ ({code}): наберите ячейку заново.

field-too-long error format
The cell has {size} characters, at most {limit} are read: is a quotation mark missing?
В ячейке знаков: {size}, читается не более {limit}: не потеряна ли кавычка?

unclosed-quote refusal file
The quotation mark opened on line {number} is never closed: close or remove it.
Кавычка, открытая в строке {number}, не закрыта: закройте или удалите её.

stray-quote error format
A quotation mark stands inside the cell: double it or remove it.
Внутри ячейки стоит кавычка: удвойте её или удалите.

too-many-cells error format
Row {row} (line {number}) has {found} cells and the header {expected}: remove the separator that is too many.
В строке {row} (строка файла {number}) ячеек: {found}, а в заголовке {expected}: уберите лишний разделитель.

too-few-cells error format
Row {row} (line {number}) has {found} cells and the header {expected}: a separator is missing.
В строке {row} (строка файла {number}) ячеек: {found}, а в заголовке {expected}: не хватает разделителя.

decimal-comma-splits error format
The comma separates cells and stands in numbers too ({text}): save the file with semicolons, or as .xlsx.
Запятая разделяет ячейки и стоит в числах ({text}): сохраните файл с точкой с запятой или как .xlsx.

rejoined-row notice format
A row that was quoted as a whole was taken apart again.
Строка, целиком взятая в кавычки, снова разделена на ячейки.

separator-line notice format
The first line names the separator ({text}).
Первая строка задаёт разделитель ({text}).

uneven-row warning format
Row {row} has {found} cells and the header {expected}; those too many are empty: check that nothing is shifted.
В строке {row} ячеек: {found}, а в заголовке {expected}; лишние пусты: проверьте, что ничего не сдвинуто.

trailing-cells notice format
Empty cells behind the last column were left out.
Пустые ячейки правее последнего столбца пропущены.

no-header refusal file
No row names the columns. Seen: {seen}. Wanted: city, indicator, period, value, or the columns of the template.
Не найдена строка с названиями столбцов. Прочитано: {seen}. Нужны: город, показатель, период, значение или шаблон.

no-rows refusal file
There is a header and no figures below it.
Есть заголовок, а данных под ним нет.

duplicate-columns refusal file
The column {names} stands more than once ({cells}): keep the right one.
Столбец {names} встречается несколько раз ({cells}): оставьте нужный.

missing-columns refusal file
These columns are missing: {names}. Found: {seen}. Add them, or begin with the template.
Нет столбцов: {names}. Найдены: {seen}. Добавьте их или возьмите шаблон.

extra-columns notice format
Columns not used: {names}.
Столбцы не использованы: {names}.

column-name-read notice format
The column "{text}" was read as {role}.
Столбец «{text}» прочитан как {role}.

column-unclear error format
The column "{text}" holds figures and its name says nothing known: name a period, an indicator or a city.
В столбце «{text}» стоят числа, а название неизвестно: укажите период, показатель или город.

joined-header notice format
The names of the columns stand in {count} rows, which were put together.
Названия столбцов стоят в {count} строках и соединены.

title-lines notice format
Lines above the header were skipped: {count}.
Строк над заголовком пропущено: {count}.

column-numbers notice format
The row that only numbers the columns was skipped.
Строка с номерами столбцов пропущена.

totals-skipped notice format
A row of totals was skipped: {text}.
Строка итогов пропущена: {text}.

totals-differ warning plausibility
The total of {heading} is {found} and the cities give {expected}: is a row missing?
Итог по столбцу {heading} равен {found}, а по городам выходит {expected}: нет ли пропущенной строки?

text-rows notice format
A row with words alone (a heading, a note, a signature) was skipped.
Строка без данных (заголовок раздела, сноска, подпись) пропущена.

stacked-tables refusal file
A second table begins in row {row}: send each table as a file or sheet of its own.
В строке {row} начинается вторая таблица: пришлите каждую таблицу отдельным файлом или листом.

several-sheets refusal file
Several sheets hold a table ({readings}): choose one.
Таблицы есть на нескольких листах ({readings}): выберите один.

sheet-unknown refusal file
There is no sheet {text}: the workbook has {seen}.
Листа {text} нет: в книге есть {seen}.

hidden-sheets notice format
Hidden sheets were not read: {names}.
Скрытые листы не прочитаны: {names}.

hidden-rows warning format
Hidden or filtered rows were not read: {count}. Show them if they belong to the figures.
Скрытые или отфильтрованные строки не прочитаны: {count}. Отобразите их, если они нужны.

hidden-columns warning format
Hidden columns were not read: {names}. Show them if they belong to the figures.
Скрытые столбцы не прочитаны: {names}. Отобразите их, если они нужны.

period-in-title notice format
The period {period} was taken from {where}: confirm that it is the right one.
Период {period} взят из источника: {where}. Проверьте, что он верный.

periods-disagree refusal validity
{where} says {found} and you chose {expected}: choose the right quarter or correct the file.
{where}: {found}, а выбран период {expected}: выберите верный квартал или исправьте файл.
"""
