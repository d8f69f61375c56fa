import Foundation
import RunFiles

extension DeltaTable {
  /// How often a store may fail to create a commit before the writer gives up.
  private static let maximumFailures = 4

  /// Commits as the first free version after the snapshot, if nothing the proposal rests on has changed since.
  ///
  /// Losing the race for a version is no error: the winner's actions are read, and unless they conflict the next
  /// version is tried. A commit whose answer was lost is recognised by its `txnId`, never made twice.
  ///
  /// - Parameter snapshot: the state the proposal was decided on; nil when there was no table.
  /// - Returns: the version that holds the commit.
  /// - Throws: `conflict` when a winner changed what the proposal rests on: decide again on a new snapshot.
  public func commit(_ proposal: CommitProposal, on snapshot: Snapshot?) throws(DeltaError) -> Int {
    try proposal.check(against: snapshot)
    let attempt = makeID()
    let contents = Action.encode([.commitInfo(info(proposal, attempt, snapshot))] + proposal.actions)
    var version = (snapshot?.version ?? -1) + 1
    var failures = 0
    while true {
      switch try settle(version, contents, attempt) {
      case .mine: return version
      case .absent(let reason):
        // A create that failed may still take effect: then the next one finds the name taken, by this very attempt.
        failures += 1
        guard failures < Self.maximumFailures else {
          throw .io(path: LogListing.commitName(version), reason: reason)
        }
      case .theirs(let actions):
        try proposal.checkConflicts(with: actions, version)
        version += 1
      }
    }
  }

  /// The protocol and metadata of a table that is about to be created.
  public func creation(schema: TableSchema, partitionColumns: [String]) -> [Action] {
    let metadata = TableMetadata(
      id: makeID(), schemaString: schema.schemaString, partitionColumns: partitionColumns,
      createdTime: now())
    return [.protocol(ProtocolSupport.ofNewTables), .metaData(metadata)]
  }

  /// Who holds a version after an attempt to create it.
  private enum Holder {
    case mine
    case theirs([Action])
    /// The store failed and nothing is there.
    case absent(reason: String)
  }

  private func settle(_ version: Int, _ contents: Data, _ attempt: String) throws(DeltaError) -> Holder {
    let answer = try store.create(LogListing.commitName(version), contents)
    if answer == .created { return .mine }
    guard let actions = try actionsIfPresent(of: version) else {
      if case .unknown(let reason) = answer { return .absent(reason: reason) }
      throw .corrupt(file: LogListing.commitName(version), reason: "exists, but cannot be read")
    }
    for case .commitInfo(let info) in actions where info.txnId == attempt { return .mine }
    return .theirs(actions)
  }

  private func info(_ proposal: CommitProposal, _ attempt: String, _ snapshot: Snapshot?) -> CommitInfo {
    var members = proposal.info
    members["timestamp"] = .whole(now())
    members["operation"] = .string(proposal.operation)
    members["operationParameters"] = .textMap(proposal.operationParameters)
    members["isBlindAppend"] = .bool(proposal.isBlindAppend)
    members["txnId"] = .string(attempt)
    if let snapshot { members["readVersion"] = .whole(snapshot.version) }
    return CommitInfo(members)
  }
}

extension CommitProposal {
  /// Checks what a winner did against what this proposal rests on.
  fileprivate func checkConflicts(with winner: [Action], _ version: Int) throws(DeltaError) {
    for action in winner {
      switch action {
      case .protocol: throw .conflict(.protocolChanged(version: version))
      case .metaData: throw .conflict(.metadataChanged(version: version))
      case .txn(let value): try checkTransaction(value.appId, version)
      case .add(let file): try checkRead(file.path, file.partitionValues, version)
      case .remove(let file): try checkRemoved(file, version)
      case .commitInfo: break
      }
    }
  }

  private func checkTransaction(_ appId: String, _ version: Int) throws(DeltaError) {
    for case .txn(let value) in actions where value.appId == appId {
      throw .conflict(.transaction(appId: appId, version: version))
    }
  }

  private func checkRemoved(_ file: RemovedFile, _ version: Int) throws(DeltaError) {
    let path = PercentEncoding.decode(file.path)
    for case .remove(let mine) in actions where PercentEncoding.decode(mine.path) == path {
      throw .conflict(.fileRemoved(path: file.path, version: version))
    }
    try checkRead(file.path, file.partitionValues, version)
  }

  /// A file whose partition is unknown could be in any.
  private func checkRead(_ path: String, _ values: [String: String?]?, _ version: Int) throws(DeltaError) {
    for partition in readPartitions where values.map(partition.isContained) ?? true {
      throw .conflict(.partitionChanged(path: path, version: version))
    }
  }
}
