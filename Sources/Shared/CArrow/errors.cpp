#include "errors.h"

#include <arrow/util/io_util.h>
#include <parquet/exception.h>

#include <cerrno>
#include <cstdio>

namespace carrow {
namespace {

void fill(carrow_error *error, carrow_category category, const char *message) noexcept {
  error->category = category;
  std::snprintf(error->message, sizeof error->message, "%s", message);
  // Arrow appends the place in its own source to some messages; one line is enough.
  if (char *end = std::strchr(error->message, '\n')) *end = '\0';
}

carrow_category categorize(const arrow::Status &status) {
  if (status.IsOutOfMemory()) return CARROW_OUT_OF_MEMORY;
  // An input/output error without an errno is a complaint about content, for instance an early end.
  int code = arrow::internal::ErrnoFromStatus(status);
  if (code == ENOENT || code == ENOTDIR) return CARROW_MISSING;
  if (code == ENOMEM) return CARROW_OUT_OF_MEMORY;
  if (code == 0 && status.IsIOError()) {
    // What an object store answers has no errno.
    auto &message = status.message();
    for (auto absent : {"NO_SUCH_BUCKET", "NO_SUCH_KEY", "RESOURCE_NOT_FOUND"})
      if (message.find(absent) != std::string::npos) return CARROW_MISSING;
    if (message.find("AWS Error") != std::string::npos) return CARROW_TRANSIENT;
  }
  return code != 0 ? CARROW_TRANSIENT : CARROW_DATA;
}

}  // namespace

void describe(carrow_error *error) noexcept {
  try {
    throw;
  } catch (const Failure &failure) {
    fill(error, categorize(failure.status), failure.status.message().c_str());
  } catch (const parquet::ParquetStatusException &exception) {
    fill(error, categorize(exception.status()), exception.status().message().c_str());
  } catch (const parquet::ParquetException &exception) {
    fill(error, CARROW_DATA, exception.what());
  } catch (const std::bad_alloc &) {
    fill(error, CARROW_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &exception) {
    fill(error, CARROW_FATAL, exception.what());
  } catch (...) {
    fill(error, CARROW_FATAL, "an exception of unknown type");
  }
}

}  // namespace carrow
