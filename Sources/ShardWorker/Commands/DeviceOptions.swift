import ArgumentParser

/// The flags that say where the model runs.
struct DeviceOptions: ParsableArguments {
  @Option(help: "Where the model runs: `cpu`, `cuda:0`, ...")
  var device = "cpu"

  @Flag(help: "Copy to the device from pageable memory, in place of pinned.")
  var pageable = false

  @Flag(inversion: .prefixedNo, help: "On a device, replay the kernels of small batches from a graph.")
  var graphs = true

  func apply() {
    TorchModel.setStaging(pinned: !pageable, graphs: graphs)
  }
}
