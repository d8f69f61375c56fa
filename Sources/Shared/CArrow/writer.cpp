#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "filesystem.h"

using carrow::check;
using carrow::guarded;
using carrow::unwrap;

/// A file that is being written.
struct carrow_writer {
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::io::OutputStream> file;
  /// What `file` is when the file stays in memory.
  std::shared_ptr<arrow::io::BufferOutputStream> memory;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
};

namespace {

/// Shows what passes to an observer.
class Observed : public arrow::io::OutputStream {
 public:
  Observed(std::shared_ptr<arrow::io::OutputStream> inner, carrow_observer observe, void *context)
      : inner_(std::move(inner)), observe_(observe), context_(context) {}

  arrow::Status Write(const void *data, int64_t count) override {
    observe_(context_, static_cast<const uint8_t *>(data), count);
    return inner_->Write(data, count);
  }
  using arrow::io::OutputStream::Write;
  arrow::Status Flush() override { return inner_->Flush(); }
  arrow::Status Close() override { return inner_->Close(); }
  arrow::Status Abort() override { return inner_->Abort(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  bool closed() const override { return inner_->closed(); }

 private:
  std::shared_ptr<arrow::io::OutputStream> inner_;
  carrow_observer observe_;
  void *context_;
};

/// Everything that decides bytes is set here, so that a new default of Arrow's changes nothing unseen.
std::shared_ptr<parquet::WriterProperties> properties(const carrow_writer_options &options) {
  parquet::WriterProperties::Builder builder;
  builder.version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->compression(parquet::Compression::ZSTD)
      ->compression_level(options.zstd_level)
      ->max_row_group_length(options.row_group_rows)
      ->data_pagesize(1 << 20)
      ->max_rows_per_page(20'000)
      ->write_batch_size(1024)
      ->dictionary_pagesize_limit(1 << 20)
      ->disable_dictionary()
      ->enable_statistics()
      ->enable_write_page_index()
      ->enable_page_checksum();
  for (int32_t i = 0; i < options.dictionary_count; i++) builder.enable_dictionary(options.dictionary_columns[i]);
  return builder.build();
}

}  // namespace

int carrow_writer_open(const char *path, struct ArrowSchema *schema, const carrow_writer_options *options,
                       carrow_observer observe, void *context, carrow_writer **writer, carrow_error *error) {
  return guarded(error, [&] {
    auto opened = std::make_unique<carrow_writer>();
    opened->schema = unwrap(arrow::ImportSchema(schema));
    if (path) {
      opened->file = carrow::open_output(path);
    } else {
      opened->memory = unwrap(arrow::io::BufferOutputStream::Create());
      opened->file = opened->memory;
    }
    if (observe) opened->file = std::make_shared<Observed>(opened->file, observe, context);
    opened->writer = unwrap(parquet::arrow::FileWriter::Open(*opened->schema, arrow::default_memory_pool(),
                                                             opened->file, properties(*options)));
    *writer = opened.release();
  });
}

int carrow_writer_write(carrow_writer *writer, struct ArrowArray *array, carrow_error *error) {
  return guarded(error, [&] {
    auto batch = unwrap(arrow::ImportRecordBatch(array, writer->schema));
    check(writer->writer->WriteRecordBatch(*batch));
  });
}

int carrow_writer_finish(carrow_writer *writer, carrow_error *error) {
  return guarded(error, [&] {
    check(writer->writer->Close());
    check(writer->file->Close());
  });
}

int carrow_writer_take(carrow_writer *writer, carrow_input **input, carrow_error *error) {
  return guarded(error, [&] {
    if (!writer->memory) throw std::logic_error("the file is not in memory");
    auto taken = std::make_unique<carrow_input>();
    check(writer->writer->Close());
    taken->file = std::make_shared<arrow::io::BufferReader>(unwrap(writer->memory->Finish()));
    *input = taken.release();
  });
}

void carrow_writer_close(carrow_writer *writer) {
  carrow_error ignored;
  guarded(&ignored, [&] {
    // Without this, letting go of a half-written object would complete it.
    if (!writer->file->closed()) (void)writer->file->Abort();
    delete writer;
  });
}
