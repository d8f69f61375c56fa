#include "reader.h"

#include "filesystem.h"

#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/memory_pool.h>

using carrow::check;
using carrow::guarded;
using carrow::unwrap;

std::unique_ptr<parquet::arrow::FileReader> carrow_reader::open(
    const parquet::ArrowReaderProperties &properties) const {
  parquet::ReaderProperties parquet_properties;
  parquet_properties.set_page_checksum_verification(true);
  return unwrap(parquet::arrow::FileReader::Make(
      arrow::default_memory_pool(), parquet::ParquetFileReader::Open(file, parquet_properties, metadata),
      properties));
}

const parquet::arrow::FileReader &carrow_reader::columns() {
  if (!columns_) columns_ = open(parquet::default_arrow_reader_properties());
  return *columns_;
}

std::vector<int> carrow::leaves(const parquet::arrow::SchemaField &field) {
  if (field.is_leaf()) return {field.column_index};
  std::vector<int> all;
  for (const auto &child : field.children) {
    auto below = leaves(child);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

int carrow_reader_open(const char *path, carrow_reader **reader, carrow_error *error) {
  return guarded(error, [&] {
    auto opened = std::make_unique<carrow_reader>();
    opened->file = carrow::open_input(path);
    opened->is_object = carrow::is_object(path);
    opened->metadata = parquet::ParquetFileReader::Open(opened->file)->metadata();
    *reader = opened.release();
  });
}

void carrow_reader_close(carrow_reader *reader) { delete reader; }

int64_t carrow_reader_bytes(const carrow_reader *reader) { return reader->file->GetSize().ValueOr(-1); }

int64_t carrow_reader_rows(const carrow_reader *reader) { return reader->metadata->num_rows(); }

int32_t carrow_reader_row_groups(const carrow_reader *reader) { return reader->metadata->num_row_groups(); }

int64_t carrow_reader_row_group_rows(const carrow_reader *reader, int32_t row_group) {
  if (row_group < 0 || row_group >= reader->metadata->num_row_groups()) return -1;
  return reader->metadata->RowGroup(row_group)->num_rows();
}

int64_t carrow_reader_row_group_bytes(const carrow_reader *reader, int32_t row_group) {
  if (row_group < 0 || row_group >= reader->metadata->num_row_groups()) return -1;
  return reader->metadata->RowGroup(row_group)->total_compressed_size();
}

int carrow_reader_schema(carrow_reader *reader, struct ArrowSchema *schema, carrow_error *error) {
  return guarded(error, [&] {
    arrow::FieldVector fields;
    for (const auto &field : reader->columns().manifest().schema_fields) fields.push_back(field.field);
    check(arrow::ExportSchema(arrow::Schema(std::move(fields)), schema));
  });
}

int carrow_reader_footer(carrow_reader *reader, const uint8_t **bytes, int64_t *count, carrow_error *error) {
  return guarded(error, [&] {
    if (reader->footer.empty()) {
      constexpr int64_t kTail = 8;  // four bytes of length, then the magic
      int64_t size = unwrap(reader->file->GetSize());
      auto tail = unwrap(reader->file->ReadAt(size - kTail, kTail));
      if (tail->size() != kTail) throw carrow::Failure(arrow::Status::Invalid("the file became shorter"));
      const uint8_t *byte = tail->data();
      int64_t length = byte[0] | byte[1] << 8 | byte[2] << 16 | int64_t{byte[3]} << 24;
      if (length > size - kTail) throw carrow::Failure(arrow::Status::Invalid("the footer's length is wrong"));
      reader->footer = unwrap(reader->file->ReadAt(size - kTail - length, length))->ToString();
    }
    *bytes = reinterpret_cast<const uint8_t *>(reader->footer.data());
    *count = static_cast<int64_t>(reader->footer.size());
  });
}

int64_t carrow_memory_bytes(void) { return arrow::default_memory_pool()->bytes_allocated(); }

int64_t carrow_memory_peak(void) { return arrow::default_memory_pool()->max_memory(); }
