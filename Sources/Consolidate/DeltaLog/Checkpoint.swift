import Foundation
import RunFiles

/// Reads and writes the Parquet files that checkpoints are.
public protocol CheckpointCodec: Sendable {
  /// The rows of a checkpoint as JSON objects, one a line, in the form that commits have.
  func lines(of file: Data, name: String) throws(DeltaError) -> Data

  /// The file for a JSON list of rows, in which maps are lists of pairs.
  func file(rows: String, name: String) throws(DeltaError) -> Data
}

extension DeltaTable {
  /// The columns of a checkpoint that this library reads.
  public static let checkpointColumns = ["txn", "add", "remove", "metaData", "protocol"]

  private static let defaultInterval = 10
  /// How long readers of older versions may need a removed file, in milliseconds: the protocol's week.
  public static let tombstoneRetention = 7 * 24 * 3_600_000

  /// Writes the checkpoint of a version if one is due and missing: every tenth version, or as the table says.
  ///
  /// A checkpoint changes nothing in the table; it only makes reading it faster.
  public func checkpointIfDue(at version: Int) throws(DeltaError) {
    guard let checkpoints, version > 0, let snapshot = try snapshot(at: version) else { return }
    let configured = snapshot.metadata.configuration?["delta.checkpointInterval"].flatMap { Int($0) }
    let interval = max(1, configured ?? Self.defaultInterval)
    let listing = LogListing(names: try store.names())
    guard version % interval == 0, !listing.checkpoints.contains(where: { $0.version == version }) else { return }
    try write(snapshot, checkpoints)
  }

  func actions(
    of checkpoint: LogListing.Checkpoint, _ codec: any CheckpointCodec
  ) throws(DeltaError) -> [Action] {
    var actions: [Action] = []
    for name in checkpoint.names {
      guard let file = try store.read(name) else { throw .corrupt(file: name, reason: "missing") }
      actions += try Action.decode(try codec.lines(of: file, name: name), file: name)
    }
    return actions
  }

  private func write(_ snapshot: Snapshot, _ codec: any CheckpointCodec) throws(DeltaError) {
    let name = LogListing.checkpointName(snapshot.version)
    let rows = snapshot.checkpointRows(keepingTombstonesFrom: now() - Self.tombstoneRetention)
    let file = try codec.file(rows: JSONValue.array(rows).canonicalText, name: name)
    try store.replace(name, file)
    let hint = JSONValue.object([
      "version": .whole(snapshot.version), "size": .whole(rows.count), "sizeInBytes": .whole(file.count),
      "numOfAddFiles": .whole(snapshot.files.count),
    ])
    try store.replace("_last_checkpoint", Data(hint.canonicalText.utf8))
  }
}

extension Snapshot {
  /// One action a row. Where the table sets its own retention, all tombstones are kept.
  fileprivate func checkpointRows(keepingTombstonesFrom oldest: Int) -> [JSONValue] {
    let keepsAll = metadata.configuration?["delta.deletedFileRetentionDuration"] != nil
    let kept = tombstones.filter { keepsAll || ($0.deletionTimestamp ?? 0) >= oldest }
    let applied = transactions.sorted { $0.key < $1.key }.map {
      Action.txn(AppTransaction(appId: $0.key, version: $0.value.version, lastUpdated: $0.value.lastUpdated))
    }
    let actions: [Action] =
      [.protocol(versions), .metaData(metadata)] + applied + files.map(Action.add) + kept.map(Action.remove)
    return actions.map(\.checkpointRow)
  }
}

extension Action {
  fileprivate var checkpointRow: JSONValue {
    guard case .object(let members) = json else { return json }
    return .object(members.mapValues(Self.withMapsAsPairs))
  }

  private static let maps: Set<String> = ["partitionValues", "tags", "configuration", "options"]

  private static func withMapsAsPairs(_ value: JSONValue) -> JSONValue {
    guard case .object(let members) = value else { return value }
    var changed = members
    for (name, member) in members {
      guard case .object(let entries) = member else { continue }
      changed[name] =
        maps.contains(name)
        ? .array(entries.sorted { $0.key < $1.key }.map { .array([.string($0.key), $0.value]) })
        : withMapsAsPairs(member)
    }
    if changed["dataChange"] != nil { changed["dataChange"] = .bool(false) }
    return .object(changed)
  }
}

extension LogListing {
  static func checkpointName(_ version: Int) -> String {
    commitName(version).replacingOccurrences(of: ".json", with: ".checkpoint.parquet")
  }
}
