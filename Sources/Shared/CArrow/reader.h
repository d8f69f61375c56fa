#pragma once

#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <memory>
#include <string>
#include <vector>

#include "errors.h"

/// An open file and its footer. Each scan makes a small reader of its own over both, so that what Arrow keeps for a row
/// group is freed with the scan.
struct carrow_reader {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  std::shared_ptr<parquet::FileMetaData> metadata;
  /// Whether it lies in an object store.
  bool is_object = false;
  std::string footer;
  std::string minimum, maximum;

  std::unique_ptr<parquet::arrow::FileReader> open(const parquet::ArrowReaderProperties &properties) const;
  /// A reader with default properties, for what it says of the columns. It reads no rows.
  const parquet::arrow::FileReader &columns();

 private:
  std::unique_ptr<parquet::arrow::FileReader> columns_;
};

namespace carrow {

/// The leaf columns of a top-level field, in order.
std::vector<int> leaves(const parquet::arrow::SchemaField &field);

}  // namespace carrow
