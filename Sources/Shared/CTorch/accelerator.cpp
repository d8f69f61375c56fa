#include "accelerator.h"

#include <ATen/accelerator/Graph.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <atomic>
#include <map>

namespace {

std::atomic<bool> pinned_staging{true};
std::atomic<bool> graphs{true};

/// A graph is worth its capture only where launching kernels costs as much as running them.
constexpr int64_t kLargestGraphRows = 8192;
/// Other widths and sizes than these many run without graphs.
constexpr size_t kMostGraphs = 4;

/// The next power of two: tails are padded to few sizes, for which kernels are chosen and graphs are captured once.
int64_t padded(int64_t rows) {
  int64_t size = 2;
  while (size < rows) size *= 2;
  return size;
}

}  // namespace

namespace ctorch {

class Lane {
 public:
  explicit Lane(at::Device device)
      : device_(device),
        guard_(device.type()),
        copy_(guard_.getNewStream(device)),
        compute_(guard_.getNewStream(device)),
        arrived_(device.type()),
        computed_(device.type()),
        returned_(device.type()) {}

  std::vector<at::Tensor> run(ctorch_model &model, const ctorch_tensor *inputs, int32_t count) {
    int64_t rows = inputs[0].rows;
    int64_t run_rows = padded(rows);
    Slot &slot = slot_for(inputs, count, run_rows);
    for (int32_t i = 0; i < count; i++) stage(inputs[i], slot.host[i]);
    {
      c10::StreamGuard streams(copy_);
      for (int32_t i = 0; i < count; i++) slot.device[i].copy_(slot.host[i], /*non_blocking=*/true);
      arrived_.record(copy_);
    }
    compute_.wait(arrived_);
    std::vector<at::Tensor> raw = compute(model, slot, run_rows);
    computed_.record(compute_);
    return back(raw, run_rows, rows);
  }

 private:
  /// Memory for batches of one shape.
  struct Slot {
    std::vector<at::Tensor> host, device, outputs;
    std::unique_ptr<at::accelerator::Graph> graph;
    int runs = 0;
    bool no_graph = false;
  };

  using Shape = std::vector<int64_t>;

  Slot &slot_for(const ctorch_tensor *inputs, int32_t count, int64_t rows) {
    Shape shape{rows};
    for (int32_t i = 0; i < count; i++) shape.push_back(inputs[i].columns);
    if (slots_.size() >= kMostGraphs && !slots_.contains(shape)) slots_.clear();
    Slot &slot = slots_[shape];
    if (!slot.host.empty()) return slot;
    for (int32_t i = 0; i < count; i++) {
      auto options = at::TensorOptions().dtype(scalar_type(inputs[i].dtype));
      slot.host.push_back(at::empty({rows, inputs[i].columns}, options.pinned_memory(pinned_staging.load())));
      slot.device.push_back(at::empty({rows, inputs[i].columns}, options.device(device_)));
    }
    return slot;
  }

  /// Copies a batch into staging memory, and repeats its last row up to the end.
  static void stage(const ctorch_tensor &input, at::Tensor &host) {
    auto options = at::TensorOptions().dtype(scalar_type(input.dtype));
    auto given = at::from_blob(const_cast<void *>(input.data), {input.rows, input.columns}, options);
    host.narrow(0, 0, input.rows).copy_(given);
    int64_t missing = host.size(0) - input.rows;
    if (missing > 0) host.narrow(0, input.rows, missing).copy_(given.narrow(0, input.rows - 1, 1));
  }

  std::vector<at::Tensor> compute(ctorch_model &model, Slot &slot, int64_t rows) {
    c10::StreamGuard streams(compute_);
    bool small = graphs && rows <= kLargestGraphRows && model.can_be_captured();
    if (!small || slot.no_graph) return model.run(slot.device);
    if (slot.graph) {
      slot.graph->replay();
      return slot.outputs;
    }
    // Kernels are chosen and libraries warm up during the first calls, which a graph must not record.
    if (slot.runs++ < 3) return model.run(slot.device);
    capture(model, slot);
    if (!slot.graph) return model.run(slot.device);
    slot.graph->replay();
    return slot.outputs;
  }

  void capture(ctorch_model &model, Slot &slot) {
    // Only one thread at a time may capture.
    static std::mutex capturing;
    std::lock_guard<std::mutex> lock(capturing);
    try {
      auto graph = std::make_unique<at::accelerator::Graph>();
      graph->capture_begin({0, 0}, at::GraphCaptureMode::ThreadLocal);
      slot.outputs = model.run(slot.device);
      graph->capture_end();
      slot.graph = std::move(graph);
    } catch (const std::exception &) {
      // Some operations cannot be captured; the model runs without a graph then.
      slot.no_graph = true;
      slot.outputs.clear();
    }
  }

  std::vector<at::Tensor> back(const std::vector<at::Tensor> &raw, int64_t run_rows, int64_t rows) {
    std::vector<at::Tensor> results;
    copy_.wait(computed_);
    c10::StreamGuard streams(copy_);
    for (size_t index = 0; index < raw.size(); index++) {
      auto dense = output_tensor(raw[index], run_rows, rows, index);
      auto host = at::empty(dense.sizes(), dense.options().device(at::kCPU).pinned_memory(pinned_staging.load()));
      host.copy_(dense, /*non_blocking=*/true);
      results.push_back(std::move(host));
    }
    returned_.record(copy_);
    returned_.synchronize();
    return results;
  }

  at::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  c10::Stream copy_, compute_;
  c10::Event arrived_, computed_, returned_;
  std::map<Shape, Slot> slots_;
};

Lanes::Lanes(at::Device device) : device_(device) {}

Lanes::~Lanes() = default;

std::unique_ptr<Lane> Lanes::take() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.empty()) return std::make_unique<Lane>(device_);
  auto lane = std::move(idle_.back());
  idle_.pop_back();
  return lane;
}

std::vector<at::Tensor> Lanes::run(ctorch_model &model, const ctorch_tensor *inputs, int32_t count) {
  // A lane whose batch failed is dropped with all that it holds, so that its memory is free for a smaller one.
  auto lane = take();
  auto results = lane->run(model, inputs, count);
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(lane));
  return results;
}

}  // namespace ctorch

void ctorch_set_staging(bool pinned, bool with_graphs) {
  pinned_staging = pinned;
  graphs = with_graphs;
}
