#include "errors.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace ctorch {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The type of an exception is lost where TorchScript's interpreter or AOTInductor's C interface
/// passes it on, so the text must tell.
ctorch_category categorize(std::string_view text, ctorch_category otherwise) {
  for (auto part : {"out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "can't allocate memory"})
    if (contains(text, part)) return CTORCH_OUT_OF_MEMORY;
  for (auto part : {"illegal memory access", "device-side assert"})
    if (contains(text, part)) return CTORCH_FATAL;
  return otherwise;
}

/// A traceback ends with what went wrong; its lines above and the C++ frames below say little.
std::string summary(std::string text) {
  auto mark = text.rfind("RuntimeError: ");
  if (mark != std::string::npos) text = text.substr(mark + 14);
  text.erase(0, text.find_first_not_of(" \n"));
  auto end = text.find('\n');
  if (end != std::string::npos) text.resize(end);
  return text;
}

void fill(ctorch_error *error, ctorch_category category, const std::string &text) noexcept {
  error->category = category;
  std::snprintf(error->message, sizeof error->message, "%s", text.c_str());
}

}  // namespace

void describe(ctorch_error *error, ctorch_category otherwise) noexcept {
  try {
    throw;
  } catch (const Failure &failure) {
    fill(error, failure.category, failure.what());
  } catch (const c10::OutOfMemoryError &exception) {
    fill(error, CTORCH_OUT_OF_MEMORY, summary(exception.what_without_backtrace()));
  } catch (const c10::Error &exception) {
    std::string text = exception.what_without_backtrace();
    fill(error, categorize(text, otherwise), summary(text));
  } catch (const std::bad_alloc &) {
    fill(error, CTORCH_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &exception) {
    std::string text = exception.what();
    fill(error, categorize(text, otherwise), summary(text));
  } catch (...) {
    fill(error, CTORCH_FATAL, "an exception of unknown type");
  }
}

}  // namespace ctorch
