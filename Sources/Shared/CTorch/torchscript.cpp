#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/script.h>

#include "model.h"

namespace {

class TorchScriptModel : public ctorch_model {
 public:
  TorchScriptModel(torch::jit::Module module, at::Device device)
      : ctorch_model(device), module_(std::move(module)) {}

  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) override {
    std::vector<c10::IValue> values(inputs.begin(), inputs.end());
    auto result = module_.forward(std::move(values));
    if (result.isTensor()) return {result.toTensor()};
    if (result.isTensorList()) return result.toTensorVector();
    if (!result.isTuple())
      throw ctorch::Failure(CTORCH_MODEL, "the model returns " + result.tagKind() +
                                              ", not a tensor or a tuple of tensors");
    std::vector<at::Tensor> tensors;
    for (const auto &element : result.toTupleRef().elements()) tensors.push_back(element.toTensor());
    return tensors;
  }

 private:
  torch::jit::Module module_;
};

}  // namespace

std::unique_ptr<ctorch_model> ctorch::load_torchscript(const char *path, at::Device device) {
  // Fused kernels would be compiled after a few batches and could change the last bits of a score;
  // a resumed shard must equal an uninterrupted one.
  torch::jit::setTensorExprFuserEnabled(false);
  auto module = torch::jit::load(path, device);
  module.eval();
  return std::make_unique<TorchScriptModel>(torch::jit::freeze(module), device);
}

int ctorch_script_save(const char *source, const char *path, ctorch_error *error) {
  return ctorch::guarded(error, CTORCH_MODEL, [&] {
    torch::jit::Module module("Module");
    // The parser wants every line ended, the last one too.
    module.define(std::string(source) + "\n");
    module.save(path);
  });
}
