#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "model.h"

namespace {

/// The directory into which a package is unpacked. What was loaded from it stays mapped after it is
/// gone, so that nothing is left behind when the process is killed later.
class UnpackDirectory {
 public:
  UnpackDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "shard-worker-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw ctorch::Failure(CTORCH_TRANSIENT, "cannot make a directory " + pattern + ": " +
                                                  std::strerror(errno));
    path_ = pattern;
    if (const char *value = std::getenv("TMPDIR")) {
      previous_ = value;
      had_previous_ = true;
    }
    setenv("TMPDIR", path_.c_str(), 1);
  }

  ~UnpackDirectory() {
    if (had_previous_) {
      setenv("TMPDIR", previous_.c_str(), 1);
    } else {
      unsetenv("TMPDIR");
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  UnpackDirectory(const UnpackDirectory &) = delete;
  UnpackDirectory &operator=(const UnpackDirectory &) = delete;

 private:
  std::string path_, previous_;
  bool had_previous_ = false;
};

class AOTInductorModel : public ctorch_model {
 public:
  AOTInductorModel(const char *path, at::Device device, int32_t workers)
      : ctorch_model(device),
        single_(workers == 1),
        loader_(path, "model", /*run_single_threaded=*/workers == 1, static_cast<size_t>(workers),
                device.is_cpu() ? -1 : device.index()) {}

  std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) override {
    if (device.is_cpu()) return loader_.boxed_run(std::move(inputs));
    auto stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
    return loader_.boxed_run(std::move(inputs), stream.native_handle());
  }

  // With several instances each run records and waits for events, which a graph cannot hold.
  bool can_be_captured() const override { return single_; }

  // Export treats a dimension of one as fixed, so dynamic batches start at two.
  int64_t minimum_rows() const override { return 2; }

 private:
  bool single_;
  torch::inductor::AOTIModelPackageLoader loader_;
};

}  // namespace

std::unique_ptr<ctorch_model> ctorch::load_aotinductor(const char *path, at::Device device,
                                                       int32_t workers) {
  // The loader keeps state in static variables, and so does TMPDIR.
  static std::mutex loading;
  std::lock_guard lock(loading);
  UnpackDirectory directory;
  return std::make_unique<AOTInductorModel>(path, device, workers);
}
