#include <arrow/buffer.h>

#include "filesystem.h"

using carrow::check;
using carrow::guarded;
using carrow::unwrap;

struct carrow_output {
  std::shared_ptr<arrow::io::OutputStream> stream;
};

int carrow_input_open(const char *path, carrow_input **input, carrow_error *error) {
  return guarded(error, [&] {
    auto opened = std::make_unique<carrow_input>();
    opened->file = carrow::open_input(path);
    *input = opened.release();
  });
}

int64_t carrow_input_bytes(const carrow_input *input) { return input->file->GetSize().ValueOr(-1); }

int carrow_input_read(carrow_input *input, int64_t offset, int64_t count, uint8_t *target, carrow_error *error) {
  return guarded(error, [&] {
    int64_t read = unwrap(input->file->ReadAt(offset, count, target));
    if (read != count) throw carrow::Failure(arrow::Status::Invalid("the file ends too early"));
  });
}

void carrow_input_close(carrow_input *input) {
  carrow_error ignored;
  guarded(&ignored, [&] { delete input; });
}

int carrow_output_open(const char *path, carrow_output **output, carrow_error *error) {
  return guarded(error, [&] {
    auto opened = std::make_unique<carrow_output>();
    opened->stream = carrow::open_output(path);
    *output = opened.release();
  });
}

int carrow_output_write(carrow_output *output, const uint8_t *bytes, int64_t count, carrow_error *error) {
  return guarded(error, [&] { check(output->stream->Write(bytes, count)); });
}

int carrow_output_finish(carrow_output *output, carrow_error *error) {
  return guarded(error, [&] { check(output->stream->Close()); });
}

void carrow_output_close(carrow_output *output) {
  carrow_error ignored;
  guarded(&ignored, [&] {
    // Without this, letting go of a half-written object would complete it.
    if (!output->stream->closed()) (void)output->stream->Abort();
    delete output;
  });
}
