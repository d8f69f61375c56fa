import Foundation
import RunFiles

/// Keeps what the batch tuner found, by everything that the speed depends on, so that a fleet of workers
/// need not measure the same model again, and all take the same batch size.
struct TuningCache {
  let directory: String

  /// A result as it is kept.
  private struct Entry: RunFile, Equatable {
    static let kind: String? = "tuning"
    static let format = 1

    var batchRows: Int
    var rowsPerSecond: Double

    enum CodingKeys: String, CodingKey {
      case batchRows = "batch_rows"
      case rowsPerSecond = "rows_per_second"
    }
  }

  /// The result kept for these settings, if there is one that is at most `limit` rows a batch.
  func result(for settings: Checkpoint.Settings, limit: Int) -> BatchTuner.Result? {
    guard let entry = try? Entry(readingFrom: path(for: settings)) else { return nil }
    guard (1...limit).contains(entry.batchRows), entry.rowsPerSecond > 0 else { return nil }
    return BatchTuner.Result(batchRows: entry.batchRows, rowsPerSecond: entry.rowsPerSecond)
  }

  /// Keeps a result.
  func keep(_ result: BatchTuner.Result, for settings: Checkpoint.Settings) throws(RunFileError) {
    try DurableFile.makeDirectory(directory)
    try Entry(batchRows: result.batchRows, rowsPerSecond: result.rowsPerSecond)
      .write(to: path(for: settings))
  }

  private func path(for settings: Checkpoint.Settings) -> String {
    let key = [
      settings.modelSHA256, settings.modelKind, settings.torch, settings.cpuCapability,
      settings.device, String(settings.threads),
    ].joined(separator: "\n")
    return "\(directory)/\(FileDigest.sha256(of: key)).json"
  }
}
