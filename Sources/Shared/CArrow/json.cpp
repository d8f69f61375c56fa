#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <charconv>
#include <numeric>

#include "text.h"

using carrow::check;
using carrow::guarded;
using carrow::unwrap;


namespace {

/// Writes Arrow values as JSON. Struct members that are null are left out, and so are types that have no JSON.
class JSONText {
 public:
  explicit JSONText(std::string *out) : out_(*out) {}

  static bool writes(const arrow::DataType &type) {
    switch (type.id()) {
      case arrow::Type::BOOL:
      case arrow::Type::INT32:
      case arrow::Type::INT64:
      case arrow::Type::STRING:
      case arrow::Type::STRUCT:
      case arrow::Type::LIST:
      case arrow::Type::MAP: return true;
      default: return false;
    }
  }

  void value(const arrow::Array &array, int64_t row) {
    if (array.IsNull(row)) return void(out_ += "null");
    switch (array.type_id()) {
      case arrow::Type::BOOL: return void(out_ += as<arrow::BooleanArray>(array).Value(row) ? "true" : "false");
      case arrow::Type::INT32: return integer(as<arrow::Int32Array>(array).Value(row));
      case arrow::Type::INT64: return integer(as<arrow::Int64Array>(array).Value(row));
      case arrow::Type::STRING: return text(as<arrow::StringArray>(array).GetView(row));
      case arrow::Type::STRUCT: return object(as<arrow::StructArray>(array), row);
      case arrow::Type::MAP: return map(as<arrow::MapArray>(array), row);
      case arrow::Type::LIST: return list(as<arrow::ListArray>(array), row);
      default: out_ += "null";
    }
  }

 private:
  template <typename Array>
  static const Array &as(const arrow::Array &array) {
    return static_cast<const Array &>(array);
  }

  void integer(int64_t value) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end);
  }

  void text(std::string_view value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out_ += '"';
    for (char c : value) {
      auto byte = static_cast<uint8_t>(c);
      if (c == '"' || c == '\\') {
        (out_ += '\\') += c;
      } else if (byte < 0x20) {
        ((out_ += "\\u00") += kDigits[byte >> 4]) += kDigits[byte & 15];
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void separate(bool &first) {
    if (!first) out_ += ',';
    first = false;
  }

  void object(const arrow::StructArray &array, int64_t row) {
    bool first = true;
    out_ += '{';
    for (int i = 0; i < array.num_fields(); i++) {
      const auto &member = *array.field(i);
      if (!writes(*member.type()) || member.IsNull(row)) continue;
      separate(first);
      text(array.struct_type()->field(i)->name());
      out_ += ':';
      value(member, row);
    }
    out_ += '}';
  }

  void map(const arrow::MapArray &array, int64_t row) {
    if (array.keys()->type_id() != arrow::Type::STRING) return void(out_ += "null");
    const auto &keys = as<arrow::StringArray>(*array.keys());
    bool first = true;
    out_ += '{';
    for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); i++) {
      separate(first);
      text(keys.GetView(i));
      out_ += ':';
      value(*array.items(), i);
    }
    out_ += '}';
  }

  void list(const arrow::ListArray &array, int64_t row) {
    bool first = true;
    out_ += '[';
    for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); i++) {
      separate(first);
      value(*array.values(), i);
    }
    out_ += ']';
  }

  std::string &out_;
};

/// The top-level columns of these names, as leaf indices.
std::vector<int> leaves_of(const parquet::SchemaDescriptor &schema, const char *const *columns, int32_t count) {
  std::vector<int> leaves;
  for (int i = 0; i < schema.num_columns(); i++) {
    const auto &name = schema.GetColumnRoot(i)->name();
    for (int32_t c = 0; c < count; c++)
      if (name == columns[c]) leaves.push_back(i);
  }
  return leaves;
}

/// The columns of a classic checkpoint (Delta protocol, "Checkpoint Schema").
std::shared_ptr<arrow::Schema> checkpoint_schema() {
  using arrow::field;
  auto text = arrow::utf8();
  auto whole = arrow::int64();
  auto texts = arrow::map(text, text);
  auto values = field("partitionValues", texts);
  auto format = arrow::struct_({field("provider", text), field("options", texts)});
  return arrow::schema({
      field("txn", arrow::struct_({field("appId", text), field("version", whole), field("lastUpdated", whole)})),
      field("add", arrow::struct_({field("path", text), values, field("size", whole), field("modificationTime", whole),
                                   field("dataChange", arrow::boolean()), field("stats", text),
                                   field("tags", texts)})),
      field("remove", arrow::struct_({field("path", text), field("deletionTimestamp", whole),
                                      field("dataChange", arrow::boolean()),
                                      field("extendedFileMetadata", arrow::boolean()), values, field("size", whole)})),
      field("metaData",
            arrow::struct_({field("id", text), field("name", text), field("description", text), field("format", format),
                            field("schemaString", text), field("partitionColumns", arrow::list(text)),
                            field("createdTime", whole), field("configuration", texts)})),
      field("protocol", arrow::struct_({field("minReaderVersion", arrow::int32()),
                                        field("minWriterVersion", arrow::int32()),
                                        field("readerFeatures", arrow::list(text)),
                                        field("writerFeatures", arrow::list(text))})),
  });
}

}  // namespace

int carrow_json_from_parquet(const uint8_t *bytes, int64_t count, const char *const *columns, int32_t column_count,
                             carrow_text **lines, carrow_error *error) {
  return guarded(error, [&] {
    auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(bytes, count));
    auto file = parquet::ParquetFileReader::Open(input);
    auto leaves = leaves_of(*file->metadata()->schema(), columns, column_count);
    auto reader = unwrap(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file)));
    std::vector<int> groups(reader->num_row_groups());
    std::iota(groups.begin(), groups.end(), 0);
    auto batches = unwrap(reader->GetRecordBatchReader(groups, leaves));
    auto result = std::make_unique<carrow_text>();
    JSONText json(&result->content);
    while (auto batch = unwrap(batches->Next())) {
      auto rows = unwrap(batch->ToStructArray());
      for (int64_t row = 0; row < rows->length(); row++) {
        json.value(*rows, row);
        result->content += '\n';
      }
    }
    *lines = result.release();
  });
}

int carrow_checkpoint_from_json(const char *rows, int64_t count, carrow_text **file, carrow_error *error) {
  return guarded(error, [&] {
    auto schema = checkpoint_schema();
    auto array = unwrap(arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()),
                                                         std::string_view(rows, static_cast<size_t>(count))));
    auto table = unwrap(arrow::Table::FromRecordBatches(
        schema, {unwrap(arrow::RecordBatch::FromStructArray(array))}));
    auto sink = unwrap(arrow::io::BufferOutputStream::Create());
    auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
    check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 1 << 20, properties));
    auto result = std::make_unique<carrow_text>();
    result->content = unwrap(sink->Finish())->ToString();
    *file = result.release();
  });
}
