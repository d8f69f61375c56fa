#include <parquet/file_writer.h>

#include "filesystem.h"
#include "reader.h"

using carrow::check;
using carrow::guarded;

int carrow_write_metadata(const char *const *paths, const char *const *names, int32_t count, const char *target,
                          carrow_error *error) {
  return guarded(error, [&] {
    std::shared_ptr<parquet::FileMetaData> all;
    for (int32_t i = 0; i < count; i++) {
      auto file = carrow::open_input(paths[i]);
      auto metadata = parquet::ParquetFileReader::Open(file)->metadata();
      metadata->set_file_path(names[i]);
      if (all) {
        all->AppendRowGroups(*metadata);
      } else {
        all = metadata;
      }
    }
    if (!all) throw std::invalid_argument("a metadata file needs one data file at least");
    auto sink = carrow::open_output(target);
    parquet::WriteMetaDataFile(*all, sink.get());
    check(sink->Close());
  });
}
