#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <cstring>
#include <exception>
#include <new>

#include "include/CArrow.h"

namespace carrow {

/// Carries an Arrow status through code that throws.
class Failure : public std::exception {
 public:
  explicit Failure(arrow::Status status) : status(std::move(status)) {}
  arrow::Status status;
};

inline void check(const arrow::Status &status) {
  if (!status.ok()) throw Failure(status);
}

template <typename T>
T unwrap(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

/// Turns the exception in flight into an error of the C interface. Call it from a catch block only.
void describe(carrow_error *error) noexcept;

/// Runs `body` so that nothing it throws leaves.
template <typename Body>
int guarded(carrow_error *error, Body body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    describe(error);
    return -1;
  }
}

}  // namespace carrow
