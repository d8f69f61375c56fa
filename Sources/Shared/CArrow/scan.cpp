#include <arrow/c/bridge.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include "reader.h"

using carrow::check;
using carrow::guarded;
using carrow::unwrap;

/// One pass over row groups.
struct carrow_scan {
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::unique_ptr<arrow::RecordBatchReader> batches;
  std::vector<int> row_groups;
  std::vector<std::pair<std::string, std::vector<int>>> columns;
  int64_t batch_rows;

  std::shared_ptr<arrow::RecordBatch> next();
  std::string failing_column();
  std::string place(bool is_data);
};

/// Arrow cuts batches where dictionaries change as well; the pieces are put together again, so that where a batch ends
/// depends on `batch_rows` alone.
std::shared_ptr<arrow::RecordBatch> carrow_scan::next() {
  std::vector<std::shared_ptr<arrow::RecordBatch>> pieces;
  int64_t rows = 0;
  while (rows < batch_rows) {
    std::shared_ptr<arrow::RecordBatch> piece;
    check(batches->ReadNext(&piece));
    if (!piece) break;
    rows += piece->num_rows();
    pieces.push_back(std::move(piece));
  }
  if (pieces.empty()) return nullptr;
  if (rows > batch_rows) throw std::logic_error("Arrow's batches do not end where they were asked to");
  if (pieces.size() == 1) return pieces.front();
  return unwrap(arrow::ConcatenateRecordBatches(pieces));
}

/// Reads row groups and columns one by one to find the broken one; empty when none is. Only done when reading failed.
std::string carrow_scan::failing_column() {
  for (int group : row_groups) {
    for (const auto &[name, leaves] : columns) {
      try {
        if (reader->ReadRowGroup(group, leaves).ok()) continue;
      } catch (...) {
        // As good as a status that is not ok.
      }
      return "row group " + std::to_string(group) + ", column `" + name + "`: ";
    }
  }
  return "";
}

std::string carrow_scan::place(bool is_data) {
  auto column = is_data && reader ? failing_column() : "";
  if (!column.empty() || row_groups.size() != 1) return column;
  return "row group " + std::to_string(row_groups.front()) + ": ";
}

namespace {

const parquet::arrow::SchemaField &field_at(const parquet::arrow::SchemaManifest &manifest, int32_t field) {
  if (field < 0 || static_cast<size_t>(field) >= manifest.schema_fields.size())
    throw std::out_of_range("no field " + std::to_string(field));
  return manifest.schema_fields[field];
}

void add_place(carrow_scan &scan, carrow_error *error) noexcept {
  try {
    auto message = scan.place(error->category == CARROW_DATA) + error->message;
    std::snprintf(error->message, sizeof error->message, "%s", message.c_str());
  } catch (...) {
    // The message without the place is better than none.
  }
}

}  // namespace

int carrow_scan_open(carrow_reader *reader, const int32_t *row_groups, int32_t group_count,
                     const carrow_projection *projections, int32_t count, int64_t batch_rows, carrow_scan **scan,
                     carrow_error *error) {
  auto opened = std::unique_ptr<carrow_scan>(new (std::nothrow) carrow_scan{});
  int status = guarded(error, [&] {
    if (!opened) throw std::bad_alloc();
    opened->row_groups.assign(row_groups, row_groups + group_count);
    for (int group : opened->row_groups)
      if (group < 0 || group >= reader->metadata->num_row_groups())
        throw carrow::Failure(arrow::Status::Invalid("there is no row group ", group));
    const auto &manifest = reader->columns().manifest();
    // Pre-buffering keeps what it read until the reader goes; plain reads free each column chunk. From a store
    // it joins small reads into few requests, and is worth the memory.
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_pre_buffer(reader->is_object);
    if (reader->is_object) properties.set_cache_options(arrow::io::CacheOptions::Defaults());
    properties.set_batch_size(batch_rows);
    std::vector<int> all;
    opened->batch_rows = batch_rows;
    for (int32_t i = 0; i < count; i++) {
      const auto &field = field_at(manifest, projections[i].field);
      auto leaves = carrow::leaves(field);
      if (projections[i].dictionary && field.is_leaf()) properties.set_read_dictionary(field.column_index, true);
      all.insert(all.end(), leaves.begin(), leaves.end());
      opened->columns.emplace_back(field.field->name(), std::move(leaves));
    }
    opened->reader = reader->open(properties);
    opened->batches = unwrap(opened->reader->GetRecordBatchReader(opened->row_groups, all));
    *scan = opened.release();
  });
  if (status != 0 && opened) add_place(*opened, error);
  return status;
}

void carrow_scan_close(carrow_scan *scan) { delete scan; }

int carrow_scan_next(carrow_scan *scan, struct ArrowArray *array, struct ArrowSchema *schema, carrow_error *error) {
  int status = guarded(error, [&] {
    array->release = nullptr;
    schema->release = nullptr;
    if (auto batch = scan->next()) check(arrow::ExportRecordBatch(*batch, array, schema));
  });
  if (status != 0) add_place(*scan, error);
  return status;
}
