#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type_traits.h>

#include "errors.h"
#include "fingerprint.h"

using carrow::guarded;
using carrow::unwrap;

namespace {

/// Appends what tells one value of a column from another: whether it is null, its length, its bytes.
class KeyColumn {
 public:
  explicit KeyColumn(std::shared_ptr<arrow::Array> array) : array_(std::move(array)) {
    auto width = arrow::internal::checked_cast<const arrow::DataType &>(*array_->type()).bit_width();
    auto type = array_->type_id();
    if (type == arrow::Type::STRING || type == arrow::Type::BINARY) {
      kind_ = Kind::small;
    } else if (type == arrow::Type::LARGE_STRING || type == arrow::Type::LARGE_BINARY) {
      kind_ = Kind::large;
    } else if (type == arrow::Type::BOOL) {
      kind_ = Kind::boolean;
    } else if (width > 0 && width % 8 == 0) {
      kind_ = Kind::fixed;
      width_ = width / 8;
    } else {
      throw std::invalid_argument("a key cannot be a column of type " + array_->type()->ToString());
    }
  }

  void append(int64_t row, std::string *key) const {
    bool is_null = array_->IsNull(row);
    key->push_back(is_null ? 0 : 1);
    if (is_null) return;
    switch (kind_) {
      case Kind::small: return text(static_cast<const arrow::BinaryArray &>(*array_).GetView(row), key);
      case Kind::large: return text(static_cast<const arrow::LargeBinaryArray &>(*array_).GetView(row), key);
      case Kind::boolean: return key->push_back(static_cast<const arrow::BooleanArray &>(*array_).Value(row) ? 1 : 0);
      case Kind::fixed: {
        auto values = reinterpret_cast<const char *>(array_->data()->buffers[1]->data());
        key->append(values + (array_->offset() + row) * width_, width_);
      }
    }
  }

 private:
  enum class Kind { fixed, boolean, small, large };

  static void text(std::string_view value, std::string *key) {
    uint64_t length = value.size();
    key->append(reinterpret_cast<const char *>(&length), sizeof length);
    key->append(value);
  }

  std::shared_ptr<arrow::Array> array_;
  Kind kind_ = Kind::fixed;
  int64_t width_ = 0;
};

}  // namespace

int carrow_take(struct ArrowArray *array, struct ArrowSchema *schema, const int64_t *rows, int64_t count,
                struct ArrowArray *taken, struct ArrowSchema *taken_schema, carrow_error *error) {
  return guarded(error, [&] {
    auto batch = unwrap(arrow::ImportRecordBatch(array, schema));
    auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t *>(rows), count * 8);
    auto positions = std::make_shared<arrow::Int64Array>(count, buffer);
    auto result = unwrap(arrow::compute::Take(batch, arrow::Datum(positions)));
    carrow::check(arrow::ExportRecordBatch(*result.record_batch(), taken, taken_schema));
  });
}

int carrow_fingerprints(struct ArrowArray *array, struct ArrowSchema *schema, uint64_t *fingerprints,
                        carrow_error *error) {
  return guarded(error, [&] {
    auto batch = unwrap(arrow::ImportRecordBatch(array, schema));
    std::vector<KeyColumn> columns;
    for (const auto &column : batch->columns()) columns.emplace_back(column);
    std::string key;
    for (int64_t row = 0; row < batch->num_rows(); row++) {
      key.clear();
      for (const auto &column : columns) column.append(row, &key);
      carrow::fingerprint(key, fingerprints + 2 * row);
    }
  });
}
