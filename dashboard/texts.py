"""Every sentence shown, in Russian and English; a sentence without one of them fails a test.

`{names}` are filled in by Texts.say; sentences are plain text and never markup.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("ru", "en")
LANGUAGE_NAMES = {"ru": "Русский", "en": "English"}

SENTENCES: dict[str, dict[str, str]] = {
    # The frame around every page.
    "product": {"ru": "Citymark", "en": "Citymark"},
    "skip": {"ru": "Перейти к содержанию", "en": "Skip to content"},
    "language": {"ru": "Язык", "en": "Language"},
    "nav_index": {"ru": "Индекс", "en": "Index"},
    "nav_indicators": {"ru": "Показатели", "en": "Indicators"},
    "nav_coverage": {"ru": "Полнота данных", "en": "Coverage"},
    "nav_data": {"ru": "Данные и API", "en": "Data and API"},
    "nav_method": {"ru": "Методика", "en": "Method"},
    "use_and_share": {"ru": "Скачать, процитировать, вставить", "en": "Download, cite, embed"},
    "nav_compare": {"ru": "Сравнение", "en": "Compare"},
    "nav_submit": {"ru": "Войти", "en": "Sign in"},
    "pages": {"ru": "Страницы", "en": "Pages"},
    "as_of": {"ru": "Данные на {date} · выпуск {vintage}", "en": "Data as of {date} · vintage {vintage}"},
    "as_of_past": {
        "ru": "Данные показаны такими, какими они были известны на {date} (выпуск {vintage}).",
        "en": "The figures are shown as they were known on {date} (vintage {vintage}).",
    },
    "as_of_newest": {"ru": "Показать последние данные", "en": "Show the newest figures"},
    "as_of_none": {"ru": "Данных ещё нет", "en": "No figures yet"},
    "simulated": {
        "ru": "Смоделированные данные. Показанные значения созданы для демонстрации и не описывают реальные города.",
        "en": "Simulated data. The figures shown were generated for demonstration and describe no real city.",
    },
    "simulated_label": {"ru": "Внимание", "en": "Note"},
    "footer_data": {
        "ru": "Названия, координаты и численность городов: GeoNames, лицензия CC BY 4.0, с дополнениями.",
        "en": "City names, coordinates and populations: GeoNames, licence CC BY 4.0, with additions.",
    },
    "footer_api": {"ru": "Программный интерфейс (API)", "en": "Programming interface (API)"},
    "footer_font": {"ru": "Шрифт Golos Text, лицензия SIL OFL 1.1.", "en": "Typeface Golos Text, SIL OFL 1.1."},
    "loading": {"ru": "Загрузка…", "en": "Loading…"},
    "error_title": {"ru": "Не удалось показать страницу", "en": "The page could not be shown"},
    "error_text": {
        "ru": "Сбой записан под номером {reference}. Обновите страницу; если не поможет, сообщите этот номер.",
        "en": "The fault was logged under {reference}. Reload the page; if it stays, report this reference.",
    },
    "error_retry": {"ru": "Обновить", "en": "Reload"},
    "no_script": {
        "ru": "Страница строится в браузере и требует JavaScript. Те же данные: /api/docs.",
        "en": "This page is drawn in the browser and needs JavaScript. The same figures: /api/docs.",
    },
    "not_found": {"ru": "Такой страницы нет", "en": "There is no such page"},
    # Compare: choices.
    "compare_title": {"ru": "Сравнение городов", "en": "Compare cities"},
    "compare_lead": {
        "ru": "{principle}: {cities}. {period}.",
        "en": "{principle}: {cities}. {period}.",
    },
    "choices": {"ru": "Что сравнить", "en": "What to compare"},
    "cities": {"ru": "Города", "en": "Cities"},
    "cities_count": {"ru": "Выбрано {count} из {most}", "en": "{count} of {most} chosen"},
    "city_search": {"ru": "Добавить город", "en": "Add a city"},
    "city_search_hint": {"ru": "Название по-русски или по-английски", "en": "Name in English or Russian"},
    "city_add": {"ru": "Добавить: {city}", "en": "Add {city}"},
    "city_remove": {"ru": "Убрать: {city}", "en": "Remove {city}"},
    "city_found": {"ru": "Найдено: {count}", "en": "Found: {count}"},
    "city_not_found": {
        "ru": "Город «{text}» не найден. Проверьте написание или введите начало названия.",
        "en": "No city found for “{text}”. Check the spelling or type the beginning of the name.",
    },
    "city_chosen": {"ru": "уже выбран", "en": "already chosen"},
    "cities_full": {
        "ru": "Выбрано {most} городов, больше нельзя. Уберите один, чтобы добавить другой.",
        "en": "{most} cities are chosen, the most there can be. Remove one to add another.",
    },
    "principle": {"ru": "Принцип", "en": "Principle"},
    "principle_all": {"ru": "Все принципы", "en": "All principles"},
    "indicators_choose": {"ru": "Выбрать показатели", "en": "Choose indicators"},
    "indicators_chosen": {"ru": "Выбрано показателей: {count}", "en": "Indicators chosen: {count}"},
    "indicators_hint": {
        "ru": "Без выбора показаны все показатели принципа.",
        "en": "With none chosen, all indicators of the principle are shown.",
    },
    "indicators_clear": {"ru": "Снять выбор", "en": "Clear the choice"},
    "period": {"ru": "Период", "en": "Period"},
    "change": {"ru": "Изменение", "en": "Change"},
    "change_off": {"ru": "не показывать", "en": "do not show"},
    "change_year": {"ru": "к тому же периоду год назад", "en": "on the same period a year earlier"},
    "peer": {"ru": "Сравнивать с группой", "en": "Compare within"},
    "peer_default": {"ru": "Как у первого города: {group}", "en": "As the first city: {group}"},
    "peer_all": {"ru": "Все города", "en": "All cities"},
    "peer_sizes": {"ru": "По численности", "en": "By size"},
    "peer_countries": {"ru": "По странам", "en": "By country"},
    "size:over_1m": {"ru": "более 1 млн жителей", "en": "over 1 million residents"},
    "size:250k_1m": {"ru": "250 тыс. – 1 млн жителей", "en": "250,000 to 1 million residents"},
    "size:100k_250k": {"ru": "100–250 тыс. жителей", "en": "100,000 to 250,000 residents"},
    "size:under_100k": {"ru": "менее 100 тыс. жителей", "en": "under 100,000 residents"},
    "region": {"ru": "регион {name}", "en": "region {name}"},
    "peer_near": {"ru": "{city} и {count} самых похожих городов", "en": "{city} and the {count} cities most like it"},
    "peer_near_weighed": {
        "ru": "{city} и {count} самых похожих городов (свои веса)",
        "en": "{city} and the {count} cities most like it (own weights)",
    },
    "climate": {"ru": "климат: {name}", "en": "climate: {name}"},
    "country": {"ru": "страна: {name}", "en": "country: {name}"},
    "reset": {"ru": "Сбросить всё", "en": "Reset"},
    # Compare: what in the address could not be kept.
    "dropped_city": {"ru": "Города «{value}» нет в реестре.", "en": "The register has no city “{value}”."},
    "dropped_indicator": {
        "ru": "Показателя «{value}» нет в каталоге.",
        "en": "The catalogue has no indicator “{value}”.",
    },
    "dropped_principle": {"ru": "Принципа «{value}» нет.", "en": "There is no principle “{value}”."},
    "dropped_period": {
        "ru": "За период «{value}» данных нет.",
        "en": "There are no figures for the period “{value}”.",
    },
    "dropped_peer": {"ru": "Группы «{value}» нет.", "en": "There is no peer group “{value}”."},
    "dropped_as_of": {"ru": "Выпуска «{value}» нет.", "en": "There is no vintage “{value}”."},
    "dropped_language": {"ru": "Языка «{value}» нет.", "en": "There is no language “{value}”."},
    "dropped_change": {"ru": "Сравнение «{value}» неизвестно.", "en": "The comparison “{value}” is not known."},
    "dropped_more": {"ru": "Значение «{value}» не понято.", "en": "The value “{value}” was not understood."},
    "dropped_title": {"ru": "Часть адреса пропущена", "en": "Part of the address was left out"},
    # Compare: the heatmap table.
    "table_heading": {"ru": "Показатели по городам", "en": "Figures by city"},
    "table_caption": {
        "ru": "Значения за {period}. Цвет и подпись: место среди сопоставимых городов ({group}, {count}).",
        "en": "Figures for {period}. Colour and words: place among peers ({group}, {count}).",
    },
    "table_indicator": {"ru": "Показатель, единица", "en": "Indicator, unit"},
    "table_median": {"ru": "Медиана группы", "en": "Peer median"},
    "table_median_of": {"ru": "по {count}", "en": "of {count}"},
    "table_scroll": {
        "ru": "Таблица показателей, прокручивается вбок",
        "en": "Table of figures, scrolls sideways",
    },
    "unit_period": {"ru": "{unit} · {period}", "en": "{unit} · {period}"},
    "substitute": {"ru": "последнее годовое значение: {period}", "en": "last value: {period}"},
    "direction_higher": {"ru": "больше — лучше", "en": "higher is better"},
    "direction_lower": {"ru": "меньше — лучше", "en": "lower is better"},
    "direction_target": {"ru": "лучше ближе к {target}", "en": "closer to {target} is better"},
    "direction_none": {"ru": "без оценки", "en": "no better or worse"},
    "cell_better": {"ru": "лучше {share} %", "en": "better than {share}%"},
    "cell_higher": {"ru": "выше {share} %", "en": "higher than {share}%"},
    "cell_no_peers": {"ru": "не с кем сравнить", "en": "no peers to compare"},
    "cell_change": {"ru": "{change} за год", "en": "{change} in a year"},
    "cell_no_change": {"ru": "год назад нет данных", "en": "no figure a year ago"},
    "better": {"ru": "лучше", "en": "better"},
    "worse": {"ru": "хуже", "en": "worse"},
    "more": {"ru": "больше", "en": "more"},
    "legend_title": {
        "ru": "Цвет: доля сопоставимых городов, чьё значение хуже",
        "en": "Colour: share of peers whose figure is worse",
    },
    "legend_none": {
        "ru": "Серый тон: показатель без оценки, темнее — больше",
        "en": "Grey tones: no better or worse, darker is more",
    },
    "marks_title": {"ru": "Знаки", "en": "Marks"},
    "mark_provisional": {"ru": "предварительное", "en": "provisional"},
    "mark_estimated": {"ru": "оценка или прогноз", "en": "estimated or forecast"},
    "mark_revised": {"ru": "пересмотрено", "en": "revised"},
    "mark_revised_from": {"ru": "пересмотрено, было {value}", "en": "revised, was {value}"},
    "mark_break": {"ru": "разрыв ряда", "en": "break in series"},
    "mark_other": {"ru": "с оговоркой", "en": "with a reservation"},
    "missing_not_applicable": {"ru": "не применимо", "en": "not applicable"},
    "missing_not_collected": {"ru": "не собирается", "en": "not collected"},
    "missing_not_yet": {"ru": "ещё нет ни у кого", "en": "not yet published"},
    "missing_not_reported": {"ru": "не представлено", "en": "not reported"},
    "missing_withheld": {"ru": "скрыто", "en": "withheld"},
    "missing_review": {"ru": "отозвано", "en": "withdrawn"},
    "missing_unknown": {"ru": "отсутствует", "en": "missing"},
    "missing_elsewhere": {"ru": "учтено в другом", "en": "included elsewhere"},
    "city_without_figures": {
        "ru": "{city}: нет ни одного значения за выбранный период.",
        "en": "{city}: no figure for the chosen period.",
    },
    "nothing_title": {"ru": "Показывать пока нечего", "en": "Nothing to show yet"},
    "nothing_text": {
        "ru": "В базе ещё нет данных. Загрузите файл заданием или постройте демонстрационные данные.",
        "en": "The database has no figures yet. Load a file with a job, or build the demonstration data.",
    },
    "undo": {"ru": "Вернуть вид по умолчанию", "en": "Back to the default view"},
    # Compare: trends.
    "trend_heading": {"ru": "Как менялись показатели", "en": "How the figures changed"},
    "trend_legend_median": {"ru": "медиана группы", "en": "peer median"},
    "trend_legend_band": {"ru": "средняя половина группы (25–75 %)", "en": "middle half of the peers (25–75%)"},
    "trend_legend_provisional": {"ru": "предварительное", "en": "provisional"},
    "trend_grey": {
        "ru": "Цветом показаны первые {count} городов, остальные — серым.",
        "en": "The first {count} cities are coloured, the others grey.",
    },
    "trend_one": {
        "ru": "Известен один период: {values}.",
        "en": "Only one period is known: {values}.",
    },
    "trend_from_to": {"ru": "{city}: {from_value} → {to_value}", "en": "{city}: {from_value} → {to_value}"},
    "trend_summary": {"ru": "С {start} по {end}: {parts}.", "en": "From {start} to {end}: {parts}."},
    "trend_median_part": {
        "ru": "медиана группы: {from_value} → {to_value}",
        "en": "peer median: {from_value} → {to_value}",
    },
    "trend_none": {"ru": "Ни у одного выбранного города нет значений.", "en": "No chosen city has a figure."},
    "trend_break": {"ru": "Разрыв ряда: {city}, {period}.", "en": "Break in series: {city}, {period}."},
    "table_toggle": {"ru": "Таблица", "en": "Table"},
    "table_of": {"ru": "{title}, {unit}", "en": "{title}, {unit}"},
    "city": {"ru": "Город", "en": "City"},
    "value": {"ru": "Значение", "en": "Value"},
    "place": {"ru": "Место в группе", "en": "Place in the group"},
    "against_median": {"ru": "Относительно медианы", "en": "Against the median"},
    "peers_quartiles": {"ru": "25 % / медиана / 75 %", "en": "25% / median / 75%"},
    "show_more": {"ru": "Показать ещё {count}", "en": "Show {count} more"},
    "show_fewer": {"ru": "Показать первые {count}", "en": "Show the first {count}"},
    # Compare: standing.
    "standing_heading": {"ru": "Место среди сопоставимых городов", "en": "Where each city stands"},
    "standing_lead": {
        "ru": "Каждая точка — город группы «{group}». Вертикальная черта — медиана, полоса — ±1 MAD вокруг неё: "
        "внутри полосы отличие считается несущественным. Стрелка на краю — значение за пределами шкалы.",
        "en": "Each dot is a city of the group “{group}”. The line is the median, the band ±1 MAD around it: "
        "inside the band a difference counts as similar. An arrow at the edge is a value beyond the scale.",
    },
    "standing_higher": {"ru": "Выше, чем у сопоставимых городов: {cities}.", "en": "Higher than peers: {cities}."},
    "standing_similar": {"ru": "Близко к медиане (±1 MAD): {cities}.", "en": "Similar to peers (±1 MAD): {cities}."},
    "standing_lower": {"ru": "Ниже, чем у сопоставимых городов: {cities}.", "en": "Lower than peers: {cities}."},
    "standing_missing": {"ru": "Нет значения: {cities}.", "en": "No figure: {cities}."},
    "standing_city": {"ru": "{city} ({quarter})", "en": "{city} ({quarter})"},
    "standing_none": {
        "ru": "В группе нет значений для сравнения.",
        "en": "The group has no figures to compare with.",
    },
    "standing_outside": {"ru": "вне группы", "en": "outside the group"},
    "quarter_best_4": {"ru": "лучшая четверть", "en": "best quarter"},
    "quarter_best_3": {"ru": "выше середины", "en": "better half"},
    "quarter_best_2": {"ru": "ниже середины", "en": "weaker half"},
    "quarter_best_1": {"ru": "слабейшая четверть", "en": "weakest quarter"},
    "quarter_more_4": {"ru": "верхняя четверть", "en": "highest quarter"},
    "quarter_more_3": {"ru": "верхняя половина", "en": "upper half"},
    "quarter_more_2": {"ru": "нижняя половина", "en": "lower half"},
    "quarter_more_1": {"ru": "нижняя четверть", "en": "lowest quarter"},
    "verdict_higher": {"ru": "выше", "en": "higher"},
    "verdict_similar": {"ru": "близко", "en": "similar"},
    "verdict_lower": {"ru": "ниже", "en": "lower"},
    "axis_better_right": {"ru": "лучше →", "en": "better →"},
    "axis_better_left": {"ru": "← лучше", "en": "← better"},
    "beyond": {"ru": "за краем шкалы", "en": "beyond the scale"},
    "hover_value": {"ru": "{city}: {value}", "en": "{city}: {value}"},
    "hover_trend": {"ru": "{city}, {period}: {value}", "en": "{city}, {period}: {value}"},
    "hover_median": {"ru": "Медиана группы, {period}: {value}", "en": "Peer median, {period}: {value}"},
    # Periods, dates and counts.
    "period_year": {"ru": "{year} год", "en": "{year}"},
    "period_half": {"ru": "{roman} полугодие {year}", "en": "H{number} {year}"},
    "period_quarter": {"ru": "{roman} кв. {year}", "en": "Q{number} {year}"},
    "period_month": {"ru": "{month} {year}", "en": "{month} {year}"},
    "period_range": {"ru": "{start}–{end}", "en": "{start} to {end}"},
    "months": {
        "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "en": "January February March April May June July August September October November December",
    },
    "count_cities": {"ru": "городов: {count}", "en": "{count} cities"},
}


@dataclass(frozen=True)
class Texts:
    """The sentences of one language."""

    language: str

    def say(self, key: str, **parts: object) -> str:
        """The sentence of this name with its parts filled in; parts are text and are not read as patterns."""
        return SENTENCES[key][self.language].format(**parts)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in SENTENCES
