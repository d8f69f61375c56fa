#include "model.h"

#include "accelerator.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/types.h>
#include <torch/version.h>

ctorch_model::ctorch_model(at::Device device) : device(device) {
  if (!device.is_cpu()) lanes = std::make_unique<ctorch::Lanes>(device);
}

ctorch_model::~ctorch_model() = default;

at::ScalarType ctorch::scalar_type(int32_t dtype) {
  switch (dtype) {
    case CTORCH_FLOAT32: return at::kFloat;
    case CTORCH_INT64: return at::kLong;
    case CTORCH_FLOAT64: return at::kDouble;
    default: throw ctorch::Failure(CTORCH_FATAL, "unknown dtype " + std::to_string(dtype));
  }
}

namespace {

ctorch_dtype dtype_of(const at::Tensor &tensor) {
  if (tensor.scalar_type() == at::kLong) return CTORCH_INT64;
  return tensor.scalar_type() == at::kDouble ? CTORCH_FLOAT64 : CTORCH_FLOAT32;
}

/// CUDA's kernels register themselves when their library is loaded; a process on the CPU goes
/// without it.
void load_kernels(at::Device device) {
  if (!device.is_cuda()) return;
  static void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  if (!library)
    throw ctorch::Failure(CTORCH_MODEL, "device " + device.str() +
                                            " needs a build of torch with CUDA; this one has none");
}

at::Tensor input_tensor(const ctorch_tensor &input, int64_t minimum_rows) {
  auto options = at::TensorOptions().dtype(ctorch::scalar_type(input.dtype));
  auto tensor = at::from_blob(const_cast<void *>(input.data), {input.rows, input.columns}, options);
  if (input.rows < minimum_rows) {
    auto last = tensor.narrow(0, input.rows - 1, 1);
    tensor = at::cat({tensor, last.expand({minimum_rows - input.rows, input.columns})});
  }
  return tensor;
}

void check_inputs(const ctorch_tensor *inputs, int32_t count) {
  if (count < 1 || inputs[0].rows < 1)
    throw ctorch::Failure(CTORCH_FATAL, "a batch needs one input and one row at least");
  for (int32_t i = 0; i < count; i++)
    if (inputs[i].rows != inputs[0].rows || inputs[i].columns < 1 || !inputs[i].data)
      throw ctorch::Failure(CTORCH_FATAL, "input " + std::to_string(i) + " has another shape");
}

std::vector<at::Tensor> run_on_cpu(ctorch_model &model, const ctorch_tensor *inputs, int32_t count) {
  int64_t rows = inputs[0].rows;
  int64_t run_rows = std::max(rows, model.minimum_rows());
  std::vector<at::Tensor> tensors, results;
  for (int32_t i = 0; i < count; i++) tensors.push_back(input_tensor(inputs[i], run_rows));
  for (const auto &raw : model.run(std::move(tensors)))
    results.push_back(ctorch::output_tensor(raw, run_rows, rows, results.size()));
  return results;
}

}  // namespace

at::Tensor ctorch::output_tensor(const at::Tensor &raw, int64_t run_rows, int64_t rows, size_t index) {
  if (raw.dim() < 1 || raw.dim() > 2 || raw.size(0) != run_rows) {
    auto shape = c10::str(raw.sizes());
    throw ctorch::Failure(CTORCH_MODEL, "output " + std::to_string(index) + " has shape " + shape +
                                            " for a batch of " + std::to_string(run_rows) +
                                            " rows; [rows] or [rows, columns] is needed");
  }
  auto tensor = raw.dim() == 1 ? raw.unsqueeze(1) : raw;
  if (at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true)) {
    tensor = tensor.to(at::kLong);
  } else if (tensor.scalar_type() != at::kDouble) {
    tensor = tensor.to(at::kFloat);
  }
  return tensor.narrow(0, 0, rows).contiguous();
}

const char *ctorch_version(void) { return TORCH_VERSION; }

const char *ctorch_cpu_capability(void) {
  static const std::string capability = at::get_cpu_capability();
  return capability.c_str();
}

void ctorch_set_threads(int32_t threads) {
  ctorch_error ignored;
  ctorch::guarded(&ignored, CTORCH_FATAL, [&] {
    at::set_num_threads(threads);
    at::set_num_interop_threads(1);
  });
}

int ctorch_model_load(const char *path, int32_t kind, const char *device, int32_t workers,
                      ctorch_model **model, ctorch_error *error) {
  return ctorch::guarded(error, CTORCH_MODEL, [&] {
    c10::InferenceMode inference;
    at::Device target(device);
    load_kernels(target);
    if (!target.is_cpu() && !target.has_index()) target.set_index(0);
    auto loaded = kind == CTORCH_AOTINDUCTOR ? ctorch::load_aotinductor(path, target, workers)
                                             : ctorch::load_torchscript(path, target);
    *model = loaded.release();
  });
}

void ctorch_model_close(ctorch_model *model) {
  ctorch_error ignored;
  ctorch::guarded(&ignored, CTORCH_FATAL, [&] { delete model; });
}

int ctorch_model_run(ctorch_model *model, const ctorch_tensor *inputs, int32_t count,
                     ctorch_outputs **outputs, ctorch_error *error) {
  return ctorch::guarded(error, CTORCH_MODEL, [&] {
    // Both are thread-local. Without the second, compiled code takes all cores for this thread.
    c10::InferenceMode inference;
    at::init_num_threads();
    check_inputs(inputs, count);
    auto result = std::make_unique<ctorch_outputs>();
    result->tensors = model->lanes ? model->lanes->run(*model, inputs, count) : run_on_cpu(*model, inputs, count);
    *outputs = result.release();
  });
}

int32_t ctorch_outputs_count(const ctorch_outputs *outputs) {
  return static_cast<int32_t>(outputs->tensors.size());
}

ctorch_tensor ctorch_outputs_tensor(const ctorch_outputs *outputs, int32_t index) {
  if (index < 0 || static_cast<size_t>(index) >= outputs->tensors.size()) return {};
  const auto &tensor = outputs->tensors[index];
  return {tensor.data_ptr(), dtype_of(tensor), tensor.size(0), tensor.size(1)};
}

void ctorch_outputs_close(ctorch_outputs *outputs) { delete outputs; }
