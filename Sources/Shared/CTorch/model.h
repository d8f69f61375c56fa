#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "errors.h"

namespace ctorch {
class Lanes;
}

/// A loaded model of either kind.
struct ctorch_model {
  explicit ctorch_model(at::Device device);
  virtual ~ctorch_model();

  virtual std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) = 0;
  /// The fewest rows that the model takes. A shorter batch is padded.
  virtual int64_t minimum_rows() const { return 1; }
  /// Whether a graph of its kernels may be recorded.
  virtual bool can_be_captured() const { return true; }

  at::Device device;
  /// For devices other than the CPU.
  std::unique_ptr<ctorch::Lanes> lanes;
};

/// Outputs in the host's memory.
struct ctorch_outputs {
  std::vector<at::Tensor> tensors;
};

namespace ctorch {

std::unique_ptr<ctorch_model> load_torchscript(const char *path, at::Device device);
std::unique_ptr<ctorch_model> load_aotinductor(const char *path, at::Device device, int32_t workers);

}  // namespace ctorch
