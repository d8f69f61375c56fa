import RunFiles

/// What a writer wants to add to a table's log, and what its decision rested on.
public struct CommitProposal: Sendable {
  /// `WRITE`, `DELETE`, ...: what other tools show in the table's history.
  public var operation: String
  public var operationParameters: [String: String]
  /// More members of `commitInfo`, for instance a digest of the content.
  public var info: [String: JSONValue]
  /// Everything but the `commitInfo`, which the commit writes itself and puts first.
  public var actions: [Action]
  /// The partitions whose files decided what this commit does. Empty for a blind append, which conflicts with no
  /// other append.
  public var readPartitions: [[String: String?]]

  public init(
    operation: String, operationParameters: [String: String] = [:], info: [String: JSONValue] = [:],
    actions: [Action], readPartitions: [[String: String?]] = []
  ) {
    self.operation = operation
    self.operationParameters = operationParameters
    self.info = info
    self.actions = actions
    self.readPartitions = readPartitions
  }

  /// Whether this commit only adds, without having looked at the table's files.
  var isBlindAppend: Bool {
    readPartitions.isEmpty
      && actions.allSatisfy { action in
        switch action {
        case .add, .txn, .commitInfo: true
        case .protocol, .metaData, .remove: false
        }
      }
  }
}

extension CommitProposal {
  /// Checks the rules one commit must keep, and those of the table it goes to.
  ///
  /// - Parameter table: nil when this commit creates the table.
  func check(against table: Snapshot?) throws(DeltaError) {
    try checkReconciliation()
    guard let table else { return try checkCreation() }
    try ProtocolSupport.checkWritable(table.versions)
    try checkAppendOnly(table)
    try checkInvariants(table)
    try checkPartitionValues(table.metadata.partitionColumns)
  }

  /// "A single commit must not include more than one action that reconciles with each other."
  private func checkReconciliation() throws(DeltaError) {
    var seen: Set<String> = []
    for action in actions {
      let key: String =
        switch action {
        case .protocol: "protocol"
        case .metaData: "metaData"
        case .commitInfo: "commitInfo"
        case .add(let file): "file \(PercentEncoding.decode(file.path))"
        case .remove(let file): "file \(PercentEncoding.decode(file.path))"
        case .txn(let value): "txn of \(value.appId)"
        }
      guard seen.insert(key).inserted else {
        throw .unwritable("the commit holds two actions about \(key)")
      }
    }
  }

  private func checkCreation() throws(DeltaError) {
    for case .metaData(let metadata) in actions {
      for case .protocol in actions { return try checkPartitionValues(metadata.partitionColumns) }
    }
    throw .unwritable("the first commit of a table needs `protocol` and `metaData`")
  }

  private func checkAppendOnly(_ table: Snapshot) throws(DeltaError) {
    guard table.metadata.configuration?["delta.appendOnly"] == "true" else { return }
    for case .remove(let file) in actions where file.dataChange {
      throw .unwritable("the table is append-only (delta.appendOnly), so \(file.path) cannot be removed")
    }
  }

  private func checkInvariants(_ table: Snapshot) throws(DeltaError) {
    for field in table.schema.fields where field.metadata["delta.invariants"] != nil {
      throw .unsupported(
        "cannot write this Delta table: column \(field.name) has an invariant, which this program does not check")
    }
  }

  private func checkPartitionValues(_ columns: [String]) throws(DeltaError) {
    for case .add(let file) in actions where Set(file.partitionValues.keys) != Set(columns) {
      throw .unwritable(
        "\(file.path) has values for the partition columns \(file.partitionValues.keys.sorted()), "
          + "the table is partitioned by \(columns)")
    }
  }
}
