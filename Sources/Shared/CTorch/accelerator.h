#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "model.h"

namespace ctorch {

/// What one batch at a time needs on an accelerator: streams for copies and for computing, staging memory, and a graph
/// of the model's kernels. Written against torch's device-generic interfaces, so that it is compiled once, without
/// the headers of CUDA.
class Lane;

/// The lanes of a model: as many as threads run it at the same time.
class Lanes {
 public:
  explicit Lanes(at::Device device);
  ~Lanes();

  /// Runs the model on a batch and gives its outputs in the host's memory, `rows` rows each.
  std::vector<at::Tensor> run(ctorch_model &model, const ctorch_tensor *inputs, int32_t count);

 private:
  std::unique_ptr<Lane> take();

  at::Device device_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> idle_;
};

at::ScalarType scalar_type(int32_t dtype);

/// A dense host tensor [rows, columns] of one of the types that cross the interface, from an output of `run_rows` rows.
at::Tensor output_tensor(const at::Tensor &raw, int64_t run_rows, int64_t rows, size_t index);

}  // namespace ctorch
