#pragma once

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "include/CTorch.h"

namespace ctorch {

/// An error of the shim's own, with its category.
class Failure : public std::exception {
 public:
  Failure(ctorch_category category, std::string message)
      : category(category), message_(std::move(message)) {}
  const char *what() const noexcept override { return message_.c_str(); }
  ctorch_category category;

 private:
  std::string message_;
};

/// Turns the exception in flight into an error of the C interface. `otherwise` is the category of
/// what is not recognised. Call it from a catch block only.
void describe(ctorch_error *error, ctorch_category otherwise) noexcept;

/// Runs `body` so that nothing it throws leaves.
template <typename Body>
int guarded(ctorch_error *error, ctorch_category otherwise, Body body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    describe(error, otherwise);
    return -1;
  }
}

}  // namespace ctorch
