"""The job in Spark: mapInPandas with the model loaded once a partition, all cores in one local executor.

    spark_pandas.py INPUT MODEL OUTPUT BATCH_ROWS CORES
"""

from __future__ import annotations

import sys
from typing import Iterator

import pandas as pd
from pyspark.sql import SparkSession

FEATURES = ["a", "b", "c", "d"]


def main(source: str, model: str, target: str, batch_rows: int, cores: int) -> None:
    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import torch

        torch.set_num_threads(1)
        network = torch.jit.load(f"{model}/model.pt").eval()
        with torch.inference_mode():
            for batch in batches:
                probabilities = network(torch.from_numpy(batch[FEATURES].to_numpy()))
                yield pd.DataFrame({
                    "id": batch["id"], "score": probabilities[:, 1].numpy(),
                    "class": probabilities.argmax(1).to(torch.int32).numpy(),
                })

    spark = (
        SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(batch_rows))
        .config("spark.sql.files.maxPartitionBytes", "32m")
        .config("spark.sql.parquet.compression.codec", "zstd").config("spark.driver.memory", "3g").getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    rows = spark.read.parquet(source).select("id", *FEATURES)
    rows.mapInPandas(predict, "id string, score float, class int").write.mode("overwrite").parquet(target)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:6]))
