import Foundation
import RunFiles

/// What libtorch is and can do in this process.
struct TorchRuntime: Equatable {
  /// Such as `2.13.0`.
  let version: String
  /// `DEFAULT`, `AVX2`, `AVX512`, ...
  let cpuCapability: String
}

/// A directory that holds `model.json` and the weights that it names.
struct ModelDirectory {
  /// Which form of the weights to run.
  enum Choice: String, CaseIterable {
    /// The compiled package if it fits this torch and device, else TorchScript.
    case auto
    case pt2
    case pt
  }

  /// Weights whose hash has been checked.
  struct Weights {
    let file: ModelDescription.File
    let path: String
  }

  let path: String
  let description: ModelDescription
  /// SHA-256 of `model.json`.
  let sha256: String

  /// Reads `model.json`. With `expected`, the file must have that SHA-256.
  init(path: String, expected: String? = nil) throws(WorkerError) {
    let file = "\(path)/model.json"
    guard FileManager.default.fileExists(atPath: file) else { throw .modelMissing(path: file) }
    sha256 = try reportingFiles { () throws(RunFileError) in try FileDigest.sha256(ofFile: file) }
    if let expected, sha256 != expected {
      throw .modelChanged(path: file, expected: expected, found: sha256)
    }
    do throws(RunFileError) {
      description = try ModelDescription(readingFrom: file)
    } catch {
      // What is wrong with a model's description is the model's fault, not the input's.
      throw .modelDescription(path: file, reason: error.message.replacing("\(file): ", with: ""))
    }
    self.path = path
  }

  /// Picks the weights, and checks their hash and that they can run here. `notice` is told when the
  /// first choice had to be passed over.
  func weights(
    _ choice: Choice, device: String, runtime: TorchRuntime, notice: (String) -> Void
  ) throws(WorkerError) -> Weights {
    switch choice {
    case .pt2: return try checked(.aotinductor, device, runtime)
    case .pt: return try checked(.torchscript, device, runtime)
    case .auto where !has(.torchscript): return try checked(.aotinductor, device, runtime)
    case .auto where !has(.aotinductor): return try checked(.torchscript, device, runtime)
    case .auto: break
    }
    do {
      return try checked(.aotinductor, device, runtime)
    } catch {
      switch error {
      case .torchVersion, .cpuCapability, .noModelFile, .modelMissing:
        notice("\(error.message); TorchScript runs in its place")
        return try checked(.torchscript, device, runtime)
      default: throw error
      }
    }
  }

  private func has(_ kind: ModelDescription.File.Kind) -> Bool {
    description.files.contains { $0.kind == kind }
  }

  private func checked(
    _ kind: ModelDescription.File.Kind, _ device: String, _ runtime: TorchRuntime
  ) throws(WorkerError) -> Weights {
    let deviceType = String(device.prefix { $0 != ":" })
    let candidates = description.files.filter { $0.kind == kind }
    guard let file = candidates.first(where: { ["any", deviceType].contains($0.device) }) else {
      throw .noModelFile(path: "\(path)/model.json", wanted: "\(kind.rawValue) file for \(deviceType)")
    }
    let weights = Weights(file: file, path: "\(path)/\(file.path)")
    try checkHash(of: weights)
    if kind == .aotinductor { try checkCompiled(weights, runtime) }
    return weights
  }

  private func checkHash(of weights: Weights) throws(WorkerError) {
    guard FileManager.default.fileExists(atPath: weights.path) else {
      throw .modelMissing(path: weights.path)
    }
    let found = try reportingFiles { () throws(RunFileError) in
      try FileDigest.sha256(ofFile: weights.path)
    }
    guard found == weights.file.sha256 else {
      throw .modelChanged(path: weights.path, expected: weights.file.sha256, found: found)
    }
  }

  /// Compiled code calls into libtorch, whose interface holds within one minor version only, and
  /// uses the vector instructions of the machine that compiled it.
  private func checkCompiled(_ weights: Weights, _ runtime: TorchRuntime) throws(WorkerError) {
    guard Self.minor(of: description.torch) == Self.minor(of: runtime.version) else {
      throw .torchVersion(path: weights.path, built: description.torch, runs: runtime.version)
    }
    guard let needed = weights.file.cpuCapability, weights.file.device == "cpu" else { return }
    let order = ["DEFAULT", "AVX2", "AVX512"]
    guard let rank = order.firstIndex(of: needed) else { return }
    guard rank <= order.firstIndex(of: runtime.cpuCapability) ?? 0 else {
      throw .cpuCapability(path: weights.path, needed: needed, has: runtime.cpuCapability)
    }
  }

  private static func minor(of version: String) -> [Substring] {
    Array(version.split(separator: ".").prefix(2))
  }
}
