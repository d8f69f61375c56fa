import Foundation
import Glibc

/// What NVIDIA's management library says of one GPU. The library is loaded when it is there; nothing needs it.
final class GPUMonitor: @unchecked Sendable {
  // Sendable: the library may be called from any thread, and nothing here changes.

  struct Figures: Equatable {
    /// Share of the last sample period in which a kernel ran: 0 to 1.
    var utilization: Double?
    var memoryUsed: Double?
    var memoryTotal: Double?
    /// Joules since the driver was loaded.
    var energy: Double?
    var powerWatts: Double?
  }

  private typealias Handle = UnsafeMutableRawPointer
  private typealias Query = @convention(c) (Handle, UnsafeMutableRawPointer) -> Int32

  private let library: UnsafeMutableRawPointer
  private let gpu: Handle

  /// Nil without the library, without a GPU, and for other devices than `cuda`.
  ///
  /// - Parameter visible: `CUDA_VISIBLE_DEVICES`, which numbers GPUs for torch but not for this library.
  init?(device: String, visible: String?, library name: String = "libnvidia-ml.so.1") {
    guard device.hasPrefix("cuda"), let library = dlopen(name, RTLD_NOW) else { return nil }
    let index = Int(device.drop { $0 != ":" }.dropFirst()) ?? 0
    guard let gpu = Self.open(library, Self.identifier(of: index, visible: visible)) else {
      dlclose(library)
      return nil
    }
    self.library = library
    self.gpu = gpu
  }

  /// What the library calls the GPU that torch numbers `index`: a number, or a text such as `GPU-8f6d...`.
  static func identifier(of index: Int, visible: String?) -> String {
    let names = (visible ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    return names.indices.contains(index) ? names[index] : String(index)
  }

  private static func open(_ library: UnsafeMutableRawPointer, _ identifier: String) -> Handle? {
    typealias Start = @convention(c) () -> Int32
    typealias ByIndex = @convention(c) (UInt32, UnsafeMutablePointer<Handle?>) -> Int32
    typealias ByText = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>) -> Int32
    guard let start = dlsym(library, "nvmlInit_v2"), unsafeBitCast(start, to: Start.self)() == 0
    else { return nil }
    var gpu: Handle?
    if let index = UInt32(identifier) {
      guard let find = dlsym(library, "nvmlDeviceGetHandleByIndex_v2") else { return nil }
      _ = unsafeBitCast(find, to: ByIndex.self)(index, &gpu)
    } else {
      guard let find = dlsym(library, "nvmlDeviceGetHandleByUUID") else { return nil }
      _ = unsafeBitCast(find, to: ByText.self)(identifier, &gpu)
    }
    return gpu
  }

  /// The figures of now; those that this GPU does not have are nil.
  var figures: Figures {
    var figures = Figures()
    // nvmlUtilization_t: percent of the GPU, percent of its memory.
    var utilization: (UInt32, UInt32) = (0, 0)
    if ask("nvmlDeviceGetUtilizationRates", &utilization) {
      figures.utilization = Double(utilization.0) / 100
    }
    // nvmlMemory_t: total, free, used.
    var memory: (UInt64, UInt64, UInt64) = (0, 0, 0)
    if ask("nvmlDeviceGetMemoryInfo", &memory) {
      figures.memoryTotal = Double(memory.0)
      figures.memoryUsed = Double(memory.2)
    }
    var millijoules: UInt64 = 0
    if ask("nvmlDeviceGetTotalEnergyConsumption", &millijoules) {
      figures.energy = Double(millijoules) / 1000
    }
    var milliwatts: UInt32 = 0
    if ask("nvmlDeviceGetPowerUsage", &milliwatts) { figures.powerWatts = Double(milliwatts) / 1000 }
    return figures
  }

  private func ask<Value>(_ name: String, _ value: inout Value) -> Bool {
    guard let query = dlsym(library, name) else { return false }
    return withUnsafeMutablePointer(to: &value) {
      unsafeBitCast(query, to: Query.self)(gpu, UnsafeMutableRawPointer($0)) == 0
    }
  }
}
