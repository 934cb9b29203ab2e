"""The comparison of four cities over nine indicators, as a Streamlit page over the same database."""

from __future__ import annotations

import os
import sqlite3

import pandas as pd
import plotly.express as px
import streamlit as st

CITIES = ("ru-moscow", "ru-saint-petersburg", "ru-novosibirsk", "ru-yekaterinburg")

st.set_page_config(layout="wide")
st.title("Compare")
QUERY = """
select c.code as city, i.code as indicator, p.code as period, cast(o.value as real) as value
from observation o join city c on c.id = o.city_id join indicator i on i.id = o.indicator_id
join period p on p.number = o.period
where i.principle = 'infrastructure' and c.code in (?, ?, ?, ?) and o.confidentiality = 'F'
and o.vintage = (select max(vintage) from observation x where x.city_id = o.city_id
and x.indicator_id = o.indicator_id and x.period = o.period)
"""
figures = pd.read_sql(QUERY, sqlite3.connect(os.environ["PEER_DATABASE"]), params=CITIES)
newest = figures[figures["period"] == "2026-Q2"].pivot_table(index="indicator", columns="city", values="value")
st.dataframe(newest)
for code, part in figures.groupby("indicator"):
    st.plotly_chart(px.line(part.sort_values("period"), x="period", y="value", color="city", title=str(code)))
st.markdown('<p id="drawn">drawn</p>', unsafe_allow_html=True)
