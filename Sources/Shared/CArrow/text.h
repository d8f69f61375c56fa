#pragma once

#include <string>

#include "errors.h"

/// Bytes that the shim made.
struct carrow_text {
  std::string content;
};
