// Feeds the torch shim tensors of any number, type and shape, for a small model; and texts as models to compile. What
// does not fit has to come back as an error.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "CTorch.h"

namespace {

constexpr char kSource[] =
    "def forward(self, x: Tensor, kinds: Tensor) -> Tensor:\n"
    "    table = torch.tensor([0.5, 1.5, 2.5])\n"
    "    return x * 2.0 + table[kinds].sum(1, keepdim=True)\n";

ctorch_model *make_model() {
  std::string path = "/tmp/fuzzed-model-" + std::to_string(getpid()) + ".pt";
  ctorch_error error{};
  ctorch_model *model = nullptr;
  ctorch_set_threads(1);
  if (ctorch_script_save(kSource, path.c_str(), &error) != 0) std::abort();
  if (ctorch_model_load(path.c_str(), CTORCH_TORCHSCRIPT, "cpu", 1, &model, &error) != 0) std::abort();
  unlink(path.c_str());
  return model;
}

/// Takes numbers from the fuzzer's bytes.
struct Bytes {
  const uint8_t *next;
  size_t left;

  uint8_t take() {
    if (left == 0) return 0;
    left--;
    return *next++;
  }
};

void run(ctorch_model *model, Bytes &bytes) {
  int32_t count = bytes.take() % 4;
  std::vector<ctorch_tensor> tensors;
  std::vector<std::vector<uint8_t>> memory;
  for (int32_t i = 0; i < count; i++) {
    int64_t rows = bytes.take() % 9, columns = bytes.take() % 5;
    int32_t dtype = bytes.take() % 5;
    // As much memory as the widest type needs, filled with what comes.
    std::vector<uint8_t> values(static_cast<size_t>(rows * columns * 8));
    for (auto &value : values) value = bytes.take();
    memory.push_back(std::move(values));
    tensors.push_back({bytes.take() % 16 == 0 ? nullptr : memory.back().data(), dtype, rows, columns});
  }
  ctorch_error error{};
  ctorch_outputs *outputs = nullptr;
  if (ctorch_model_run(model, tensors.data(), count, &outputs, &error) != 0) return;
  volatile float sum = 0;
  for (int32_t i = -1; i <= ctorch_outputs_count(outputs); i++) {
    ctorch_tensor tensor = ctorch_outputs_tensor(outputs, i);
    if (!tensor.data || tensor.dtype != CTORCH_FLOAT32) continue;
    for (int64_t place = 0; place < tensor.rows * tensor.columns; place++)
      sum = sum + static_cast<const float *>(tensor.data)[place];
  }
  ctorch_outputs_close(outputs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
  static ctorch_model *model = make_model();
  Bytes bytes{data, count};
  if (bytes.take() % 8 != 0) {
    run(model, bytes);
    return 0;
  }
  std::string source(reinterpret_cast<const char *>(bytes.next), bytes.left);
  ctorch_error error{};
  ctorch_script_save(source.c_str(), "/dev/null", &error);
  return 0;
}
