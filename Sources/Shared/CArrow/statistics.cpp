#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "reader.h"

using carrow::guarded;

namespace {

/// Gathers the bounds of a column over row groups.
class Bounds {
 public:
  explicit Bounds(carrow_reader *reader, carrow_statistics *out) : reader_(reader), out_(out) {}

  void add(const parquet::ColumnChunkMetaData &chunk) {
    auto statistics = chunk.statistics();
    bool counted = statistics && statistics->HasNullCount();
    if (!counted) out_->null_count = -1;
    if (out_->null_count >= 0) out_->null_count += statistics->null_count();
    if (counted && statistics->null_count() == chunk.num_values()) return;
    if (!statistics || !statistics->HasMinMax()) {
      known_ = false;
      return;
    }
    add(*statistics);
  }

  void finish() {
    if (!known_) out_->bound = CARROW_BOUND_NONE;
    out_->minimum_bytes = reinterpret_cast<const uint8_t *>(reader_->minimum.data());
    out_->maximum_bytes = reinterpret_cast<const uint8_t *>(reader_->maximum.data());
    out_->minimum_count = static_cast<int64_t>(reader_->minimum.size());
    out_->maximum_count = static_cast<int64_t>(reader_->maximum.size());
  }

 private:
  template <typename Type>
  using Typed = const parquet::TypedStatistics<Type> &;

  template <typename Value>
  void widen(carrow_bound bound, Value low, Value high, Value &minimum, Value &maximum) {
    bool first = out_->bound == CARROW_BOUND_NONE;
    out_->bound = bound;
    minimum = first ? std::move(low) : std::min(std::move(low), minimum);
    maximum = first ? std::move(high) : std::max(std::move(high), maximum);
  }

  void integers(carrow_bound bound, int64_t low, int64_t high) {
    widen(bound, low, high, out_->minimum_integer, out_->maximum_integer);
  }

  void reals(double low, double high) {
    widen(CARROW_BOUND_REAL, low, high, out_->minimum_real, out_->maximum_real);
  }

  void texts(const parquet::Statistics &statistics) {
    auto &typed = static_cast<Typed<parquet::ByteArrayType>>(statistics);
    auto text = [](const parquet::ByteArray &value) {
      return std::string(reinterpret_cast<const char *>(value.ptr), value.len);
    };
    widen(CARROW_BOUND_BYTES, text(typed.min()), text(typed.max()), reader_->minimum, reader_->maximum);
  }

  void add(const parquet::Statistics &statistics) {
    switch (statistics.physical_type()) {
      case parquet::Type::BOOLEAN: {
        auto &typed = static_cast<Typed<parquet::BooleanType>>(statistics);
        return integers(CARROW_BOUND_BOOLEAN, typed.min(), typed.max());
      }
      case parquet::Type::INT32: {
        auto &typed = static_cast<Typed<parquet::Int32Type>>(statistics);
        return integers(CARROW_BOUND_INTEGER, typed.min(), typed.max());
      }
      case parquet::Type::INT64: {
        auto &typed = static_cast<Typed<parquet::Int64Type>>(statistics);
        return integers(CARROW_BOUND_INTEGER, typed.min(), typed.max());
      }
      case parquet::Type::FLOAT: {
        auto &typed = static_cast<Typed<parquet::FloatType>>(statistics);
        return reals(typed.min(), typed.max());
      }
      case parquet::Type::DOUBLE: {
        auto &typed = static_cast<Typed<parquet::DoubleType>>(statistics);
        return reals(typed.min(), typed.max());
      }
      case parquet::Type::BYTE_ARRAY:
        return texts(statistics);
      default:
        known_ = false;
    }
  }

  carrow_reader *reader_;
  carrow_statistics *out_;
  bool known_ = true;
};

}  // namespace

namespace {

/// Statistics of row groups `first` up to `end`.
void gather(carrow_reader *reader, int first, int end, int32_t field, carrow_statistics *statistics) {
  *statistics = {};
  const auto &fields = reader->columns().manifest().schema_fields;
  if (field < 0 || static_cast<size_t>(field) >= fields.size())
    throw std::out_of_range("no field " + std::to_string(field));
  if (!fields[field].is_leaf()) {
    statistics->null_count = -1;
    return;
  }
  Bounds bounds(reader, statistics);
  for (int group = first; group < end; group++)
    bounds.add(*reader->metadata->RowGroup(group)->ColumnChunk(fields[field].column_index));
  bounds.finish();
}

}  // namespace

int carrow_reader_statistics(carrow_reader *reader, int32_t field, carrow_statistics *statistics,
                             carrow_error *error) {
  return guarded(error, [&] { gather(reader, 0, reader->metadata->num_row_groups(), field, statistics); });
}

int carrow_reader_row_group_statistics(carrow_reader *reader, int32_t row_group, int32_t field,
                                       carrow_statistics *statistics, carrow_error *error) {
  return guarded(error, [&] {
    if (row_group < 0 || row_group >= reader->metadata->num_row_groups())
      throw std::out_of_range("no row group " + std::to_string(row_group));
    gather(reader, row_group, row_group + 1, field, statistics);
  });
}
