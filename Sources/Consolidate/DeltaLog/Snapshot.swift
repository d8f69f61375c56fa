import RunFiles

/// A table's state at one version: what remains after its log is replayed.
public struct Snapshot: Sendable, Equatable {
  public let version: Int
  public let versions: ProtocolVersions
  public let metadata: TableMetadata
  public let schema: TableSchema
  /// The files of the table, in the order of their paths.
  public let files: [AddedFile]
  /// Files that were removed, as far as the log still says so, in the order of their paths.
  public let tombstones: [RemovedFile]
  let transactions: [String: Transaction]

  /// An application's last transaction, with the table version that carried it.
  public struct Transaction: Sendable, Equatable {
    public let version: Int
    /// nil when a checkpoint holds the transaction, which does not say.
    public let committedIn: Int?
    /// Milliseconds since 1970.
    public let lastUpdated: Int?
  }

  public func transaction(of appId: String) -> Transaction? { transactions[appId] }

  /// The files whose partition values include all of those given.
  public func files(in partition: [String: String?]) -> [AddedFile] {
    files.filter { partition.isContained(in: $0.partitionValues) }
  }
}

extension [String: String?] {
  /// Whether `values` has every entry of this map. Delta writes null also as an empty string.
  public func isContained(in values: [String: String?]) -> Bool {
    allSatisfy { name, value in (value ?? "") == ((values[name] ?? nil) ?? "") }
  }
}

/// Replays commits in the order of their versions (PROTOCOL.md, "Action Reconciliation").
struct Replay {
  private var versions: ProtocolVersions?
  private var metadata: TableMetadata?
  // By decoded path: two writers may escape the same path differently.
  private var files: [String: AddedFile] = [:]
  private var tombstones: [String: RemovedFile] = [:]
  private var transactions: [String: Snapshot.Transaction] = [:]
  private var last = -1

  /// Starts from the actions of a checkpoint.
  mutating func start(from checkpoint: [Action], version: Int) {
    apply(checkpoint, version: version)
    transactions = transactions.mapValues {
      .init(version: $0.version, committedIn: nil, lastUpdated: $0.lastUpdated)
    }
  }

  mutating func apply(_ actions: [Action], version: Int) {
    last = version
    for action in actions {
      switch action {
      case .protocol(let value): versions = value
      case .metaData(let value): metadata = value
      case .add(let file):
        files[PercentEncoding.decode(file.path)] = file
        tombstones[PercentEncoding.decode(file.path)] = nil
      case .remove(let file):
        files[PercentEncoding.decode(file.path)] = nil
        tombstones[PercentEncoding.decode(file.path)] = file
      case .txn(let value):
        transactions[value.appId] = .init(
          version: value.version, committedIn: version, lastUpdated: value.lastUpdated)
      case .commitInfo: break
      }
    }
  }

  func snapshot() throws(DeltaError) -> Snapshot {
    let file = LogListing.commitName(last)
    guard let versions else { throw .corrupt(file: file, reason: "no `protocol` up to this version") }
    try ProtocolSupport.checkReadable(versions)
    guard let metadata else { throw .corrupt(file: file, reason: "no `metaData` up to this version") }
    return Snapshot(
      version: last, versions: versions, metadata: metadata,
      schema: try TableSchema(schemaString: metadata.schemaString),
      files: files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value),
      tombstones: tombstones.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value),
      transactions: transactions)
  }
}
