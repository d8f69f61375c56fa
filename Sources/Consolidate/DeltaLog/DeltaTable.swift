import Foundation
import RunFiles

/// A Delta table's log: reads its state and commits to it.
///
/// Implements reader version 1 and writer version 2 of the Delta protocol: JSON commits and classic checkpoints.
public struct DeltaTable: Sendable {
  let store: any LogStore
  /// Reads and writes checkpoints; without it, only JSON commits are used.
  let checkpoints: (any CheckpointCodec)?
  /// Milliseconds since 1970; the only source of time in what is written.
  let now: @Sendable () -> Int
  /// Fresh identifiers for tables and commit attempts.
  let makeID: @Sendable () -> String

  public init(
    store: any LogStore,
    checkpoints: (any CheckpointCodec)? = nil,
    now: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970 * 1000) },
    makeID: @escaping @Sendable () -> String = { UUID().uuidString.lowercased() }
  ) {
    self.store = store
    self.checkpoints = checkpoints
    self.now = now
    self.makeID = makeID
  }

  /// The state at a version, or the latest; nil when there is no table.
  public func snapshot(at version: Int? = nil) throws(DeltaError) -> Snapshot? {
    let listing = LogListing(names: try store.names())
    guard let latest = listing.latest else { return nil }
    let version = version ?? latest
    guard version >= 0, version <= latest else {
      throw .unwritable("the table has no version \(version): its versions are 0 to \(latest)")
    }
    var replay = Replay()
    var first = 0
    if let checkpoints, let checkpoint = listing.checkpoint(upTo: version) {
      replay.start(from: try actions(of: checkpoint, checkpoints), version: checkpoint.version)
      first = checkpoint.version + 1
    }
    try listing.checkReplayable(first..<version + 1)
    for number in first..<version + 1 { replay.apply(try actions(of: number), version: number) }
    return try replay.snapshot()
  }

  /// The commit that carried a transaction; nil when the log no longer holds it.
  public func version(of transaction: Snapshot.Transaction, appId: String) throws(DeltaError) -> Int? {
    if let version = transaction.committedIn { return version }
    for version in LogListing(names: try store.names()).commits.reversed() {
      for case .txn(let found) in try actions(of: version)
      where found.appId == appId && found.version == transaction.version {
        return version
      }
    }
    return nil
  }

  /// nil when there is no table.
  public func latestVersion() throws(DeltaError) -> Int? { LogListing(names: try store.names()).latest }

  /// The versions whose commits the log still holds, ascending.
  public func commits() throws(DeltaError) -> [Int] { LogListing(names: try store.names()).commits }

  /// The actions of one commit. It must exist.
  public func actions(of version: Int) throws(DeltaError) -> [Action] {
    guard let actions = try actionsIfPresent(of: version) else {
      throw .corrupt(file: LogListing.commitName(version), reason: "missing")
    }
    return actions
  }

  /// Where a commit came from; nil when it says nothing.
  public func commitInfo(of version: Int) throws(DeltaError) -> CommitInfo? {
    for case .commitInfo(let info) in try actions(of: version) { return info }
    return nil
  }

  func actionsIfPresent(of version: Int) throws(DeltaError) -> [Action]? {
    let name = LogListing.commitName(version)
    guard let contents = try store.read(name) else { return nil }
    return try Action.decode(contents, file: name)
  }
}
