import CTorch
import RunFiles

/// Weights that are loaded and ready.
final class TorchModel: @unchecked Sendable {
  // Sendable: up to as many threads as it was loaded for may run it at the same time.

  /// The libtorch of this process.
  static let runtime = TorchRuntime(
    version: String(cString: ctorch_version()),
    cpuCapability: String(cString: ctorch_cpu_capability()))

  let path: String
  private let handle: OpaquePointer

  /// Sets the threads of one operation. To be called once, before a model is loaded.
  static func setThreads(_ threads: Int) {
    ctorch_set_threads(Int32(threads))
  }

  /// How batches reach an accelerator. To be called before a model is run.
  static func setStaging(pinned: Bool, graphs: Bool) {
    ctorch_set_staging(pinned, graphs)
  }

  /// Loads weights for `workers` threads, which share them.
  init(_ weights: ModelDirectory.Weights, device: String, workers: Int) throws(WorkerError) {
    let kind = weights.file.kind == .aotinductor ? CTORCH_AOTINDUCTOR : CTORCH_TORCHSCRIPT
    var error = ctorch_error()
    var loaded: OpaquePointer?
    let path = weights.path
    let status = ctorch_model_load(
      path, Int32(kind.rawValue), device, Int32(workers), &loaded, &error)
    guard status == 0, let handle = loaded
    else { throw TorchFailure(error).workerError(path: path) }
    self.path = path
    self.handle = handle
  }

  deinit {
    ctorch_model_close(handle)
  }

  /// Runs the model on `rows` of the inputs. Outputs have one row for each row of the range.
  func run(_ inputs: [InputTensor], rows: Range<Int>) throws(TorchFailure) -> [OutputTensor] {
    var error = ctorch_error()
    var result: OpaquePointer?
    let status = withExtendedLifetime(inputs) {
      let tensors = inputs.map { $0.slice(rows) }
      return ctorch_model_run(handle, tensors, Int32(tensors.count), &result, &error)
    }
    guard status == 0, let outputs = result else { throw TorchFailure(error) }
    defer { ctorch_outputs_close(outputs) }
    return (0..<ctorch_outputs_count(outputs)).map {
      OutputTensor(copying: ctorch_outputs_tensor(outputs, $0))
    }
  }
}

/// What libtorch said when it could not do its work.
struct TorchFailure: Error {
  let category: Int32
  let message: String

  init(_ error: ctorch_error) {
    category = error.category
    message = withUnsafeBytes(of: error.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  init(ofModel message: String) {
    category = Int32(CTORCH_MODEL.rawValue)
    self.message = message
  }

  /// Whether some of the batch's rows may be the cause.
  var isOfRows: Bool {
    category == Int32(CTORCH_MODEL.rawValue) || category == Int32(CTORCH_DATA.rawValue)
  }

  var isOutOfMemory: Bool { category == Int32(CTORCH_OUT_OF_MEMORY.rawValue) }

  func workerError(path: String) -> WorkerError {
    switch category {
    case Int32(CTORCH_OUT_OF_MEMORY.rawValue): .outOfMemory(reason: message, batchRows: 1)
    case Int32(CTORCH_TRANSIENT.rawValue): .transient(reason: message)
    case Int32(CTORCH_FATAL.rawValue): .device(reason: "\(path): \(message)")
    default: .modelFailed(path: path, reason: message)
    }
  }
}
