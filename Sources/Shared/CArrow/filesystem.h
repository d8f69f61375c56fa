#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

#include "errors.h"

/// A file, an object or bytes in memory that are read.
struct carrow_input {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
};

namespace carrow {

/// Whether a path names an object: `s3://bucket/key`.
bool is_object(const std::string &path);

/// Opens a local path or an `s3://bucket/key` for reading.
std::shared_ptr<arrow::io::RandomAccessFile> open_input(const std::string &path);

/// Creates a local file or an object. An object appears whole when the stream is closed.
std::shared_ptr<arrow::io::OutputStream> open_output(const std::string &path);

}  // namespace carrow
