// Feeds any bytes to the Arrow shim as a Parquet file and reads all that it offers. Nothing may trap, leak out of its
// buffers, or throw.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "CArrow.h"

namespace {

/// Bytes as a file without a name in any directory.
struct File {
  File(const uint8_t *bytes, size_t count) : descriptor(memfd_create("fuzzed", 0)) {
    if (descriptor >= 0 && write(descriptor, bytes, count) < 0) std::perror("write");
    path = "/proc/self/fd/" + std::to_string(descriptor);
  }
  ~File() { close(descriptor); }

  int descriptor;
  std::string path;
};

void release(ArrowArray &array, ArrowSchema &schema) {
  if (array.release) array.release(&array);
  if (schema.release) schema.release(&schema);
}

void scan(carrow_reader *reader, int32_t row_group, int64_t fields) {
  std::vector<carrow_projection> projections;
  for (int64_t field = 0; field < fields; field++)
    projections.push_back({static_cast<int32_t>(field), field % 2 == 0});
  carrow_error error{};
  carrow_scan *scan = nullptr;
  if (carrow_scan_open(reader, &row_group, 1, projections.data(), static_cast<int32_t>(projections.size()), 100, &scan,
                       &error) != 0)
    return;
  for (int batch = 0; batch < 50; batch++) {
    ArrowArray array{};
    ArrowSchema schema{};
    bool failed = carrow_scan_next(scan, &array, &schema, &error) != 0;
    bool ended = !array.release;
    release(array, schema);
    if (failed || ended) break;
  }
  carrow_scan_close(scan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  File file(bytes, count);
  carrow_error error{};
  carrow_reader *reader = nullptr;
  if (carrow_reader_open(file.path.c_str(), &reader, &error) == 0) {
    ArrowSchema schema{};
    int64_t fields = carrow_reader_schema(reader, &schema, &error) == 0 ? schema.n_children : 0;
    if (schema.release) schema.release(&schema);
    const uint8_t *footer = nullptr;
    int64_t footer_bytes = 0;
    carrow_reader_footer(reader, &footer, &footer_bytes, &error);
    int32_t groups = carrow_reader_row_groups(reader);
    if (groups > 8) groups = 8;
    for (int64_t field = -1; field <= fields; field++) {
      carrow_statistics statistics{};
      carrow_reader_statistics(reader, static_cast<int32_t>(field), &statistics, &error);
      for (int32_t group = -1; group <= groups; group++)
        carrow_reader_row_group_statistics(reader, group, static_cast<int32_t>(field), &statistics, &error);
    }
    for (int32_t group = -1; group <= groups; group++) scan(reader, group, fields);
    carrow_reader_close(reader);
  }
  carrow_text *lines = nullptr;
  const char *columns[] = {"add", "id", "x"};
  if (carrow_json_from_parquet(bytes, static_cast<int64_t>(count), columns, 3, &lines, &error) == 0)
    carrow_text_free(lines);
  return 0;
}
