import Foundation
import Glibc

/// Places where a test kills the worker, as a power cut would.
///
/// `SHARD_WORKER_FAILPOINT=name:n` sends SIGKILL when the place is passed for the n-th time;
/// `name:n:term` sends SIGTERM, as an orchestrator that needs the machine does.
enum Failpoint: String, CaseIterable {
  /// The shard's directory is there.
  case shardBegun = "shard-begun"
  case modelLoaded = "model-loaded"
  /// The first checkpoint is there: the settings are fixed.
  case settingsFixed = "settings-fixed"
  case slabRead = "slab-read"
  case slabScored = "slab-scored"
  /// A batch was handed to the Parquet writer.
  case batchWritten = "batch-written"
  case rowGroupEnded = "row-group-ended"
  /// All rows of a part were written; the part does not have its name yet.
  case partWritten = "part-written"
  /// The part has its name; the checkpoint does not know it.
  case partPublished = "part-published"
  case deadLettersSynced = "dead-letters-synced"
  case checkpointWritten = "checkpoint-written"
  case beforeReceipt = "before-receipt"
  case receiptWritten = "receipt-written"

  private static let armed: (name: String, count: Int, signal: Int32)? = {
    guard let text = ProcessInfo.processInfo.environment["SHARD_WORKER_FAILPOINT"] else { return nil }
    let parts = text.split(separator: ":").map(String.init)
    let count = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
    return (parts.first ?? "", count, parts.last == "term" ? SIGTERM : SIGKILL)
  }()

  private static let counter = Counter()

  /// Dies here if the environment says so.
  func pass() {
    guard let armed = Self.armed, armed.name == rawValue else { return }
    if Self.counter.next() == armed.count { raise(armed.signal) }
  }

  private final class Counter: @unchecked Sendable {
    // Sendable: guarded by `lock`.

    private let lock = NSLock()
    private var value = 0

    func next() -> Int {
      lock.withLock {
        value += 1
        return value
      }
    }
  }
}
