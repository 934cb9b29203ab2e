"""What Spark reads of an exported vintage for `spark_lane.py`: count, sum and mean by indicator and period."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
figures = spark.read.parquet(f"{sys.argv[1]}/observations")
found = (
    figures.where(f.col("value").isNotNull())
    .groupBy("indicator", "period")
    .agg(f.count("value"), f.sum("value"), f.avg("value"))
    .orderBy("indicator", "period")
)
with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump([list(row) for row in found.collect()], out)
spark.stop()
