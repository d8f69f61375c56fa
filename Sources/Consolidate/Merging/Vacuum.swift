import DeltaLog
import Foundation

/// Removes data files that no version within the retention time holds: those that were replaced or deleted, and those
/// that merges left which never committed.
struct Vacuum {
  struct Outcome: Equatable {
    var files: [String] = []
    var bytes = 0
  }

  let store: any TableStore
  /// Files younger than this may belong to a merge that is under way; files removed since are still read by those who
  /// hold an older version. In milliseconds.
  var retention = DeltaTable.tombstoneRetention
  var isRehearsal = false
  var now = Int(Date().timeIntervalSince1970 * 1000)

  func perform() throws -> Outcome {
    guard let snapshot = try DeltaTable(in: store).snapshot() else {
      throw ConsolidateError.noTable(path: store.root)
    }
    let oldest = now - retention
    let recent = snapshot.tombstones.filter { ($0.deletionTimestamp ?? 0) >= oldest }.map(\.path)
    let kept = Set((snapshot.files.map(\.path) + recent).map(PercentEncoding.decode))
    var outcome = Outcome()
    for file in try store.files(below: "") where isData(file.path, snapshot) && !kept.contains(file.path) {
      guard file.modified < oldest else { continue }
      outcome.files.append(file.path)
      outcome.bytes += file.bytes
      if !isRehearsal { try store.remove(file.path) }
    }
    return outcome
  }

  /// Names that begin with `_` or `.` are no data, unless they are directories of a partition column.
  private func isData(_ path: String, _ snapshot: Snapshot) -> Bool {
    let columns = snapshot.metadata.partitionColumns
    return path.split(separator: "/").allSatisfy { name in
      !(name.hasPrefix("_") || name.hasPrefix(".")) || columns.contains { name.hasPrefix("\($0)=") }
    }
  }
}
